import { gaussianMixture } from "./gaussian-mixture.ts";

const modes = 8;

/**
 * Eight Gaussians on a circle of radius 1, deviation 0.01. The angles are eighths of a turn from 0 on; a full turn is not
 * among them, as it would be the first mode again.
 * @source Radius and deviation as in Srivastava et al., "VEEGAN", arXiv 1705.07761, and Lin et al., "PacGAN",
 * arXiv 1712.04086; other papers have a radius of 2 and a deviation of 0.02.
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
