import { type NdArray, zeros } from "../base/ndarray.ts";
import { type Key, wordStream } from "../base/random.ts";

/** Groups of items, each sharing the value of one factor. */
export interface FactorGroups {
  /** The shared factor of each group: [g]. */
  readonly factors: Int32Array;
  /** The items of each group, [g, size]. */
  readonly items: NdArray<"int32">;
}

/** Groups of pairs; the items of a pair share the value of the group's factor, which differs from pair to pair. */
export interface FactorPairs {
  /** [g] */
  readonly factors: Int32Array;
  /** [g, size] */
  readonly first: NdArray<"int32">;
  /** [g, size] */
  readonly second: NdArray<"int32">;
}

/**
 * Groups of `size` items that share a random value of a random factor. Draws are independent, so an item can occur
 * twice.
 * @param values Values of the factors, [n, f].
 */
export function drawGroups(values: NdArray<"int32">, count: number, size: number, key: Key): FactorGroups {
  const { below, like } = drawsAmong(values, key);
  const [n, f] = values.shape as [number, number];
  const factors = new Int32Array(count);
  const items = zeros([count, size], "int32");
  for (let g = 0; g < count; g++) {
    factors[g] = below(f);
    const item = below(n);
    for (let i = 0; i < size; i++) items.data[g * size + i] = like(item, factors[g]!);
  }
  return { factors, items };
}

/** Groups of `size` pairs that share a random factor; all other factors are drawn independently for each item. */
export function drawPairs(values: NdArray<"int32">, count: number, size: number, key: Key): FactorPairs {
  const { below, like } = drawsAmong(values, key);
  const [n, f] = values.shape as [number, number];
  const factors = new Int32Array(count);
  const [first, second] = [zeros([count, size], "int32"), zeros([count, size], "int32")];
  for (let g = 0; g < count; g++) {
    factors[g] = below(f);
    for (let i = g * size; i < (g + 1) * size; i++) {
      first.data[i] = below(n);
      second.data[i] = like(first.data[i]!, factors[g]!);
    }
  }
  return { factors, first, second };
}

/** Accuracy by factor over the groups of each of `count` factors; NaN for a factor without groups. */
export function hitRates(correct: Float64Array, { factors }: Pick<FactorGroups, "factors">, count: number): number[] {
  return Array.from({ length: count }, (_, factor) => {
    const own = correct.filter((_, g) => factors[g] === factor);
    return own.reduce((sum, hit) => sum + hit, 0) / own.length;
  });
}

function drawsAmong(values: NdArray<"int32">, key: Key) {
  const next = wordStream(key);
  // The bounds are so much smaller than a 32-bit word that the modulo bias is negligible.
  const below = (bound: number): number => next() % bound;
  const f = values.shape[1]!;
  const alike = Array.from({ length: f }, (_, factor) => itemsByValue(values, factor));
  const like = (item: number, factor: number): number => {
    const items = alike[factor]![values.data[item * f + factor]!]!;
    return items[below(items.length)]!;
  };
  return { below, like };
}

/** The items of each value of a factor. */
function itemsByValue({ shape, data }: NdArray<"int32">, factor: number): readonly Int32Array[] {
  const [n, f] = shape as [number, number];
  const lists: number[][] = [];
  for (let i = 0; i < n; i++) (lists[data[i * f + factor]!] ??= []).push(i);
  return lists.map((items) => Int32Array.from(items));
}
