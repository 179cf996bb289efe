import { gaussianMixture } from "./gaussian-mixture.ts";

const places = [-4, -2, 0, 2, 4];

/**
 * Twenty-five Gaussians on a square grid with spacing 2 and standard deviation 0.05.
 * @source Lin et al., "PacGAN", arXiv 1712.04086.
 */
export const grid25 = gaussianMixture({
  name: "grid25",
  description: "2-D points: 25 Gaussians on a grid, std 0.05",
  centers: places.flatMap((x) => places.map((y) => [x, y])),
  deviation: 0.05,
  within: 3,
});
