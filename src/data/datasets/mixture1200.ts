import { gaussianMixture } from "./gaussian-mixture.ts";

const dimensions = 1200;
const noisy = 700;
const levels = [-1, -0.5, 0, 0.5, -2, -2.5, 10, 0.25, -13, -5.5];

/**
 * Ten Gaussians in 1200 dimensions. The mean of a mode has the same value in all coordinates; the first 700 coordinates
 * have noise with standard deviation 1, the last 500 none.
 *
 * Papers count a sample as high-quality within 10 standard deviations of a mode. As a Euclidean distance in units of
 * the noise, this excludes every real point: they are sqrt(700) = 26.5 from their mean, with a standard deviation of
 * 0.71. Here, the ten standard deviations are those of that distance, above its mean: up to sqrt(700) + 10 / sqrt(2) =
 * 33.5. All real points are of high quality; the resulting share is not comparable with published ones.
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
