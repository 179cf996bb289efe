import { readFileSync } from "node:fs";
import { join } from "node:path";

import { type NdArray, type Shape, ndarray, permuted, sizeOf } from "../../src/base/ndarray.ts";

/** A tensor that the golden scripts made of a formula, in PyTorch's layout. */
export interface Wave {
  readonly shape: Shape;
  readonly offset: number;
  readonly scale: number;
  readonly a: number;
  readonly b: number;
}

/** A result that they wrote down, in PyTorch's layout. */
export interface Result {
  readonly shape: Shape;
  readonly values: readonly number[];
}

/** Numbers are rounded to 9 digits there; here constants of a graph are float32: together less than this. */
export const exact = 1e-7;
/** What the engines are held to. */
export const close = 1e-4;

export function readGolden<Content>(name: string): Content {
  return JSON.parse(readFileSync(join(import.meta.dirname, `${name}.json`), "utf8")) as Content;
}

export function wave({ shape, offset, scale, a, b }: Wave): NdArray<"float64"> {
  return ndarray(
    "float64",
    shape,
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => offset + scale * Math.sin(a * i + b)),
  );
}

export function resultArray({ shape, values }: Result): NdArray<"float64"> {
  return ndarray("float64", shape, Float64Array.from(values));
}

/** How zaya orders what PyTorch has as: images [n, c, h, w], kernels [o, i, kh, kw], matrices [o, i]; all else alike. */
export type Form = "image" | "kernel" | "matrix" | "plain";

const orders: Readonly<Record<Form, readonly number[] | null>> = {
  image: [0, 2, 3, 1],
  kernel: [2, 3, 1, 0],
  matrix: [1, 0],
  plain: null,
};

/** PyTorch's layout to ours. */
export function inOurLayout(value: NdArray<"float64">, form: Form): NdArray<"float64"> {
  const order = orders[form];
  return order === null ? value : permuted(value, order);
}

/** Of a parameter: by its rank. */
export function parameterForm({ shape }: { readonly shape: Shape }): Form {
  return shape.length === 4 ? "kernel" : shape.length === 2 ? "matrix" : "plain";
}
