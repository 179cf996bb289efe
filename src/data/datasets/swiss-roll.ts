import { fold, normal, uniform } from "../../base/random.ts";
import { generatedPoints } from "./generated-points.ts";

const noise = 0.25;
const scale = 7.5;

/**
 * A spiral of one and a half turns: `t (cos t, sin t)` with t uniform on [1.5 pi, 4.5 pi), noise of standard deviation
 * 0.25 on both coordinates, all divided by 7.5, which gives the coordinates a standard deviation of 0.9.
 * @source Gulrajani et al., "Improved Training of Wasserstein GANs", arXiv 1704.00028: the toy data of its figures.
 */
export const swissRoll = generatedPoints({
  name: "swiss-roll",
  description: "2-D points along a spiral, with a little noise",
  dimensions: 2,
  classes: null,
  formula: `t (cos t, sin t), t uniform on [1.5 pi, 4.5 pi), deviation ${noise}, over ${scale}`,
  draw(from, _label, out) {
    const t = 1.5 * Math.PI * (1 + 2 * uniform(fold(from, 0), [1]).data[0]!);
    const shift = normal(fold(from, 1), [2]).data;
    out[0] = (t * Math.cos(t) + noise * shift[0]!) / scale;
    out[1] = (t * Math.sin(t) + noise * shift[1]!) / scale;
  },
});
