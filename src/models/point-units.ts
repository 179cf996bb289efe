import { ndarray } from "../base/ndarray.ts";
import { type PointScale, coarseCoordinates } from "../base/point-scale.ts";
import { type Tensor, constant } from "../graph/tensor.ts";
import { add, div, mul, sub } from "../ops/index.ts";
import type { Model, NetMap } from "./model.ts";

/**
 * A model whose steps and likelihood take standardised points, while its maps, and so its ONNX files, take and return
 * points in the units of the data: the conversion is part of their graphs. Graphs compute in float32, so the maps of
 * standardised points are kept as well, for callers that convert in float64.
 */
export function inUnits(model: Model, scale: PointScale | undefined): Model {
  if (scale === undefined) return model;
  const mean = vector(scale.mean);
  const deviation = vector(scale.deviation);
  // Points can be so far from 0 and so close to each other that the rounding error of their mean in float32 exceeds their standard deviation.
  const isCoarse = coarseCoordinates(scale).length > 0;
  const rest = vector(scale.mean.map((value) => value - Math.fround(value)));
  const into = (x: Tensor): Tensor => div(isCoarse ? sub(sub(x, mean), rest) : sub(x, mean), deviation);
  const outOf = (x: Tensor): Tensor => {
    const own = mul(x, deviation);
    return add(isCoarse ? add(own, rest) : own, mean);
  };
  const { classifier } = model;
  const transforms = classifier?.transforms?.map((each) => ({
    ...each,
    apply: (x: Tensor) => outOf(each.apply(into(x))),
  }));
  return {
    ...model,
    scale,
    standardMaps: model.maps,
    maps: Object.fromEntries(Object.entries(model.maps).map(([name, map]) => [name, mapInUnits(map, into, outOf)])),
    ...(classifier && { classifier: { ...classifier, ...(transforms && { transforms }) } }),
  };
}

/** Whether an input or output of a map holds points, or packs of points, in the units of the data. */
export function isInUnits(name: string): boolean {
  return name === "point" || name === "pack";
}

function mapInUnits(map: NetMap, into: (x: Tensor) => Tensor, outOf: (x: Tensor) => Tensor): NetMap {
  return {
    inputs: map.inputs,
    outputs: (inputs, scope) => {
      const inner = each(inputs, (name, x) => (isInUnits(name) ? into(x) : x));
      return each(map.outputs(inner, scope), (name, y) => (isInUnits(name) ? outOf(y) : y));
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
