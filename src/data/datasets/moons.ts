import { fold, normal, uniform } from "../../base/random.ts";
import { generatedPoints } from "./generated-points.ts";

const noise = 0.05;

/**
 * Two interleaving half circles of radius 1 with noise of standard deviation 0.05: the upper one, class 0, around (0,
 * 0), the lower one around (1, 0.5). The angle is uniform.
 * @source modelled on scikit-learn's `make_moons`, whose angles are equally spaced.
 */
export const moons = generatedPoints({
  name: "moons",
  description: "2-D points: two interleaved half circles, std 0.05",
  dimensions: 2,
  classes: 2,
  formula: `half circles of radius 1, up about (0, 0), down about (1, 0.5), deviation ${noise}`,
  draw(from, label, out) {
    const angle = Math.PI * uniform(fold(from, 0), [1]).data[0]!;
    const shift = normal(fold(from, 1), [2]).data;
    const upper = label === 0;
    out[0] = (upper ? Math.cos(angle) : 1 - Math.cos(angle)) + noise * shift[0]!;
    out[1] = (upper ? Math.sin(angle) : 0.5 - Math.sin(angle)) + noise * shift[1]!;
  },
});
