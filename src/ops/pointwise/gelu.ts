import type { Tensor } from "../../graph/tensor.ts";
import { add } from "./add.ts";
import { erf } from "./erf.ts";
import { mul } from "./mul.ts";

/**
 * Gaussian error linear unit x * Phi(x) of each element, in the shape of x; the exact form with the error function.
 * @source Hendrycks, Gimpel, arXiv 1606.08415, section 2.
 */
export function gelu(x: Tensor): Tensor {
  return mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));
}
