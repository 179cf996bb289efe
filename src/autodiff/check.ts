import { type NdArray, ndarray } from "../base/ndarray.ts";
import { type Feeds, evaluate } from "../graph/evaluate.ts";
import type { Tensor } from "../graph/tensor.ts";

/**
 * The gradient of a scalar with respect to one input by central differences in float64, in the shape of the input: the
 * reference for `grad`.
 * @param step Distance to either side. The error is proportional to its square, until rounding dominates near 1e-6.
 */
export function finiteDifference(y: Tensor, feeds: Feeds, name: string, step = 1e-5): NdArray<"float64"> {
  const at = Float64Array.from(feeds[name]!.data);
  const value = () => evaluate([y], { ...feeds, [name]: ndarray("float64", feeds[name]!.shape, at) })[0]!.data[0]!;
  const slopes = at.map((_, i) => {
    const middle = at[i]!;
    at[i] = middle + step;
    const above = value();
    at[i] = middle - step;
    const below = value();
    at[i] = middle;
    return (above - below) / (2 * step);
  });
  return ndarray("float64", feeds[name]!.shape, slopes);
}
