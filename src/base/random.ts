import { drawn } from "./draw.ts";
import { filled } from "./filled.ts";
import type { NdArray, Shape } from "./ndarray.ts";
import { type Key, threefry } from "./threefry.ts";
import { streamOf } from "./xoshiro.ts";

export { type Key, threefry } from "./threefry.ts";

/** The key of a seed, which is an integer from 0 to below 2^53. */
export function key(seed: number): Key {
  return { high: Math.floor(seed / 2 ** 32) >>> 0, low: seed >>> 0 };
}

/** The key of a child stream, named by numbers or words. Different names give independent streams. */
export function fold(parent: Key, ...names: readonly (number | string)[]): Key {
  let current = parent;
  for (const name of names) {
    const [high, low] = typeof name === "number" ? words(name) : hash(name);
    const [nextHigh, nextLow] = threefry(current.high, current.low, high, low);
    current = { high: nextHigh, low: nextLow };
  }
  return current;
}

/** A whole number as two 32-bit words; the top bit of the high word marks names that are text. */
function words(value: number): [number, number] {
  return [(Math.floor(value / 2 ** 32) & 0x7fffffff) >>> 0, value >>> 0];
}

/** FNV-1a in two lanes; the top bit distinguishes text from numbers. */
function hash(text: string): [number, number] {
  let high = 0x811c9dc5;
  let low = 0x01000193;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(low ^ (unit + i), 0x85ebca6b) ^ (high >>> 13);
  }
  return [(high | 0x80000000) >>> 0, low >>> 0];
}

/** The words of a key's stream one by one. */
export function wordStream(of: Key): () => number {
  const words = streamOf(of);
  let block = words.take(64);
  let used = 0;
  return () => {
    if (used === block.length) {
      block = words.take(block.length);
      used = 0;
    }
    return block[used++]!;
  };
}

/** Uniform on [0, 1): multiples of 2^-24, which are exact in float32. */
export function uniform(of: Key, shape: Shape): NdArray<"float32"> {
  return drawn({ distribution: "uniform", keys: [of], shape });
}

/** Standard normal, by the Box-Muller transform. */
export function normal(of: Key, shape: Shape): NdArray<"float32"> {
  return drawn({ distribution: "normal", keys: [of], shape });
}

/** Whole numbers on [0, bound), without bias. */
export function integers(of: Key, count: number, bound: number): Int32Array<ArrayBuffer> {
  const next = wordStream(of);
  const limit = Math.floor(2 ** 32 / bound) * bound;
  return filled(new Int32Array(count), () => {
    let word = next();
    while (word >= limit) word = next();
    return word % bound;
  });
}

/** The numbers 0 to n - 1 in random order (Fisher-Yates). */
export function permutation(of: Key, n: number): Int32Array<ArrayBuffer> {
  const next = wordStream(of);
  const order = filled(new Int32Array(n), (i) => i);
  for (let i = n - 1; i > 0; i--) {
    const limit = Math.floor(2 ** 32 / (i + 1)) * (i + 1);
    let word = next();
    while (word >= limit) word = next();
    const j = word % (i + 1);
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
  return order;
}
