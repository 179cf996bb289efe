import { gaussianMixture } from "./gaussian-mixture.ts";

const dimensions = 1200;
const noisy = 700;
const levels = [-1, -0.5, 0, 0.5, -2, -2.5, 10, 0.25, -13, -5.5];

/**
 * Ten Gaussians in 1200 dimensions. The mean of a mode has one number in all coordinates; the first 700 coordinates have
 * noise of deviation 1, the last 500 none.
 *
 * Papers count a sample as of high quality within 10 deviations of a mode. As a Euclidean distance in units of the noise
 * this fails every real point: they lie sqrt(700) = 26.5 from their mean, give or take 0.71. Here the ten deviations are
 * those of that distance, above its mean: up to sqrt(700) + 10 / sqrt(2) = 33.5. All real points are of high quality, and
 * a share found so cannot be held against a published one.
 * @source Lin et al., "PacGAN", arXiv 1712.04086, after Srivastava et al., "VEEGAN", arXiv 1705.07761.
 */
export const mixture1200 = gaussianMixture({
  name: "mixture1200",
  description: "1200-D points: 10 Gaussians, noise in 700 dimensions",
  centers: levels.map((level) => Array.from({ length: dimensions }, () => level)),
  deviation: 1,
  noisy,
  within: Math.sqrt(noisy) + 10 / Math.SQRT2,
});
