import { ndarray } from "../base/ndarray.ts";
import type { PointScale } from "../base/point-scale.ts";
import { type Tensor, constant } from "../graph/tensor.ts";
import { add, div, mul, sub } from "../ops/index.ts";
import type { Model, NetMap } from "./model.ts";

/**
 * A model whose steps and bound see standardised points, while all of its maps, and so its files, take and give points in the
 * units of the data: the inverse is part of their graphs.
 */
export function inUnits(model: Model, scale: PointScale | undefined): Model {
  if (scale === undefined) return model;
  const mean = vector(scale.mean);
  const deviation = vector(scale.deviation);
  const into = (x: Tensor): Tensor => div(sub(x, mean), deviation);
  const outOf = (x: Tensor): Tensor => add(mul(x, deviation), mean);
  const { classifier } = model;
  const transforms = classifier?.transforms?.map((each) => ({
    ...each,
    apply: (x: Tensor) => outOf(each.apply(into(x))),
  }));
  return {
    ...model,
    scale,
    maps: Object.fromEntries(Object.entries(model.maps).map(([name, map]) => [name, mapInUnits(map, into, outOf)])),
    ...(classifier && { classifier: { ...classifier, ...(transforms && { transforms }) } }),
  };
}

/** Points are called so among inputs and outputs, and packs of them. */
function mapInUnits(map: NetMap, into: (x: Tensor) => Tensor, outOf: (x: Tensor) => Tensor): NetMap {
  return {
    inputs: map.inputs,
    outputs: (inputs, scope) => {
      const inner = each(inputs, (name, x) => (name === "point" || name === "pack" ? into(x) : x));
      return each(map.outputs(inner, scope), (name, y) => (name === "point" ? outOf(y) : y));
    },
  };
}

function each(
  tensors: Readonly<Record<string, Tensor>>,
  change: (name: string, x: Tensor) => Tensor,
): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, change(name, x)]));
}

function vector(values: readonly number[]): Tensor {
  return constant(ndarray("float32", [values.length], Float32Array.from(values)));
}
