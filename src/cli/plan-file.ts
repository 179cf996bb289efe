import { extname } from "node:path";

import { OptionError } from "../base/errors.ts";
import type { NdArray } from "../base/ndarray.ts";
import { encodeNpy } from "../codec/npy.ts";
import type { DistanceResult } from "../distances/index.ts";
import { type TransportPlan, densePlan } from "../transport/index.ts";

type Plan = NonNullable<DistanceResult["plan"]>;

/** Encoders of plans by the file's extension. @throws OptionError for another extension. */
export function requirePlanFile(path: string): void {
  if ([".csv", ".npy"].includes(extname(path))) return;
  throw new OptionError(
    `--plan must end in .csv or .npy - got ${path}`,
    ".csv holds one line i,j,mass per transported mass, .npy the float64 matrix [n, m]",
  );
}

/**
 * Encodes a plan for a file of that name: `.csv`, a line `i,j,mass` for each mass that is moved, with the indices of the
 * items in their data, from 0; `.npy`, the matrix [n, m] over the items that were compared, in that order.
 */
export function encodePlan(plan: Plan, path: string, a: Int32Array, b: Int32Array): Uint8Array {
  if (extname(path) === ".npy") return encodeNpy("from" in plan ? densePlan(plan) : plan);
  const lines = ["i,j,mass"];
  for (const [i, j, mass] of entriesOf(plan)) lines.push(`${a[i]},${b[j]},${mass}`);
  return new TextEncoder().encode(`${lines.join("\n")}\n`);
}

function* entriesOf(plan: Plan): Generator<[i: number, j: number, mass: number]> {
  if ("from" in plan) yield* listed(plan);
  else yield* positive(plan);
}

function* listed({ from, to, mass }: TransportPlan): Generator<[number, number, number]> {
  for (let e = 0; e < mass.length; e++) yield [from[e]!, to[e]!, mass[e]!];
}

function* positive({ shape, data }: NdArray<"float64">): Generator<[number, number, number]> {
  const m = shape[1]!;
  for (let e = 0; e < data.length; e++) if (data[e]! > 0) yield [Math.floor(e / m), e % m, data[e]!];
}
