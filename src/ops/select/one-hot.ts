import { filled } from "../../base/filled.ts";
import { ndarray } from "../../base/ndarray.ts";
import { type Tensor, constant } from "../../graph/tensor.ts";
import { reshape } from "../movement/reshape.ts";
import { cast } from "../pointwise/cast.ts";
import { equal } from "../pointwise/compare.ts";

/** One-hot vectors of length `depth` along a new last axis: [...] to [..., depth]. No gradient. */
export function oneHot(indices: Tensor, depth: number): Tensor {
  const places = constant(
    ndarray(
      "int32",
      [depth],
      filled(new Int32Array(depth), (i) => i),
    ),
  );
  return cast(equal(reshape(indices, [...indices.shape, 1]), places), "float32");
}
