import type { OptionError } from "../../../src/base/errors.ts";
import { type DType, type NdArray, type Shape, ndarray, sizeOf } from "../../../src/base/ndarray.ts";
import { type Key, integers, normal, permutation, uniform } from "../../../src/base/random.ts";
import type { Op, Tensor, TensorType } from "../../../src/graph/tensor.ts";

/** How one input is filled. All numbers are exact in float32, so that every engine starts from the same ones. */
export interface Feed {
  readonly shape: Shape;
  readonly dtype: TensorType;
  readonly draw: (key: Key, shape: Shape) => ArrayLike<number>;
}

export interface OpCase {
  readonly name: string;
  readonly feeds: Readonly<Record<string, Feed>>;
  build(x: Readonly<Record<string, Tensor>>): Tensor;
  /** Shape and type that the result must have. */
  readonly shape: Shape;
  readonly dtype?: TensorType;
  /** Inputs to which a gradient must flow: all of float32 unless said; to all others none may. */
  readonly varies?: readonly string[];
  /** Inputs whose first axis may have any length: the first input unless said. */
  readonly symbolic?: readonly string[];
  /** The largest difference of float32 kernels to float64, as a share of the largest magnitude. */
  readonly float32?: number;
  /** Whether every number of the value must be as exact as that, however small it is. */
  readonly elementwise?: boolean;
}

/** A call that must be refused with an error whose message holds all of `says`. */
export interface Refusal {
  readonly name: string;
  build(): unknown;
  readonly says: readonly string[];
  /** ShapeError unless said. */
  readonly kind?: typeof OptionError;
}

export interface Contract {
  /** The op's record; left out for functions that are made of other ops. */
  readonly op?: Op<never>;
  /** The functions of src/ops/index.ts that the cases call. */
  readonly functions: readonly string[];
  readonly cases: readonly OpCase[];
  /** Calls that are refused; or why there is nothing to refuse. */
  readonly refuses: readonly Refusal[] | string;
}

/** Erases the attributes' type of an op's record. */
export function contract<A extends Record<string, unknown>>(op: Op<A> | null, rest: Omit<Contract, "op">): Contract {
  return op === null ? rest : { ...rest, op: op as unknown as Op<never> };
}

function feed(shape: Shape, draw: Feed["draw"], dtype: TensorType = "float32"): Feed {
  return { shape, dtype, draw };
}

/** Normal numbers. */
export function reals(...shape: number[]): Feed {
  return feed(shape, (key, size) => normal(key, size).data);
}

/** Uniform numbers from `low` to `high`. */
export function between(low: number, high: number, ...shape: number[]): Feed {
  return feed(shape, (key, size) => uniform(key, size).data.map((value) => low + (high - low) * value));
}

/** Numbers that keep a distance of at least 0.2 from each of the `kinks`, on both sides of them. */
export function apart(kinks: readonly number[], ...shape: number[]): Feed {
  const clear = (value: number) => kinks.every((kink) => Math.abs(value - kink) >= 0.2);
  return feed(shape, (key, size) => {
    const spare = normal(key, [8 * sizeOf(size)]).data.filter(clear);
    return spare.slice(0, sizeOf(size));
  });
}

/** Numbers of which no two are nearer than 0.25. */
export function distinct(...shape: number[]): Feed {
  return feed(shape, (key, size) => {
    const count = sizeOf(size);
    return Float32Array.from(permutation(key, count), (place) => 0.25 * (place - count / 2));
  });
}

/** Whole numbers on [0, bound): ties are likely. */
export function whole(bound: number, dtype: "float32" | "int32" | "uint8", ...shape: number[]): Feed {
  return feed(shape, (key, size) => integers(key, sizeOf(size), bound), dtype);
}

export function truths(...shape: number[]): Feed {
  return feed(shape, (key, size) => integers(key, sizeOf(size), 2), "bool");
}

/** The numbers of a feed at a length of the first axis. */
export function fill(of: Feed, key: Key, shape: Shape = of.shape): NdArray {
  const values = of.draw(key, shape);
  const data =
    of.dtype === "float32"
      ? Float32Array.from(values)
      : of.dtype === "int32"
        ? Int32Array.from(values)
        : Uint8Array.from(values);
  return ndarray(of.dtype as DType, shape, data as never);
}
