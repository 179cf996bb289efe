import { gaussianMixture } from "./gaussian-mixture.ts";

const modes = 8;

/**
 * Eight Gaussians on a circle of radius 1 with standard deviation 0.01, at multiples of 45 degrees. (A range that
 * includes 360 degrees would repeat the first mode.)
 * @source Radius and deviation as in Srivastava et al., "VEEGAN", arXiv 1705.07761, and Lin et al., "PacGAN", arXiv
 * 1712.04086; other papers have a radius of 2 and a deviation of 0.02.
 */
export const ring8 = gaussianMixture({
  name: "ring8",
  description: "2-D points: 8 Gaussians on a circle, std 0.01",
  centers: Array.from({ length: modes }, (_, mode) => {
    const angle = (2 * Math.PI * mode) / modes;
    return [Math.cos(angle), Math.sin(angle)];
  }),
  deviation: 0.01,
  within: 3,
});
