import { ndarray } from "../../src/base/ndarray.ts";
import { fold, integers, key, normal } from "../../src/base/random.ts";
import { type FactorCodes, factorCodes } from "../../src/metrics/factor-codes.ts";

export const sizes = [3, 6, 4, 5, 8];
export const names = ["a", "b", "c", "d", "e"];

/** The code of an item: from its factors, each scaled to mean 0 and variance 1, and ten standard normal numbers. */
export type Coder = (factors: readonly number[], noise: readonly number[]) => readonly number[];

/** Codes of `n` items whose factors are drawn evenly. */
export function coded(n: number, coder: Coder, seed = 0): FactorCodes {
  const of = fold(key(seed), "coded");
  const values = new Int32Array(n * sizes.length);
  sizes.forEach((size, k) =>
    integers(fold(of, k), n, size).forEach((value, i) => (values[i * sizes.length + k] = value)),
  );
  const noise = normal(fold(of, "noise"), [n, 10]).data;
  const codes = Array.from({ length: n }, (_, i) =>
    coder(
      sizes.map((size, k) => (values[i * sizes.length + k]! - (size - 1) / 2) / Math.sqrt((size ** 2 - 1) / 12)),
      [...noise.subarray(i * 10, i * 10 + 10)],
    ),
  );
  const d = codes[0]!.length;
  return factorCodes({
    codes: ndarray("float64", [n, d], Float64Array.from(codes.flat())),
    values: ndarray("int32", [n, sizes.length], values),
    names,
    sizes,
    key: fold(of, "draws"),
  });
}

const half = Math.SQRT1_2;

export const coders = {
  perfect: (factors) => factors,
  noisy: (factors, noise) => factors.map((value, k) => value + 0.2 * noise[k]!),
  /** The first four factors turned by 45 degrees, two by two. */
  rotated: ([a, b, c, d, e]) => [half * (a! + b!), half * (a! - b!), half * (c! + d!), half * (c! - d!), e!],
  random: (_, noise) => noise,
  duplicated: (factors) => [...factors, ...factors],
  /** Dimensions in another order, between numbers that hardly vary. */
  scattered: ([a, b, c, d, e], noise) => [0, d!, a!, 0.001 * noise[0]!, e!, b!, c!],
} satisfies Record<string, Coder>;
