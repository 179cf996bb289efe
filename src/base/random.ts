import { filled } from "./filled.ts";
import { type NdArray, type Shape, ndarray, sizeOf } from "./ndarray.ts";

/**
 * A key names one stream of random numbers. Streams depend only on their keys: the same key gives the same numbers on every
 * machine and engine, and no generator state has to be stored to resume a run.
 */
export interface Key {
  readonly high: number;
  readonly low: number;
}

/** The key of a seed, which is a whole number from 0 to below 2^53. */
export function key(seed: number): Key {
  return { high: Math.floor(seed / 2 ** 32) >>> 0, low: seed >>> 0 };
}

const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;

/**
 * Threefry-2x32 with 20 rounds: maps a key and a counter of two words each to a block of two words.
 * @source Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 4.2.
 */
export function threefry(keyHigh: number, keyLow: number, high: number, low: number): [number, number] {
  const schedule = [keyHigh, keyLow, keyHigh ^ keyLow ^ 0x1bd11bda];
  let x = (high + keyHigh) | 0;
  let y = (low + keyLow) | 0;
  for (let round = 0; round < 20; round++) {
    const turn = rotations[round % 8]!;
    x = (x + y) | 0;
    y = ((y << turn) | (y >>> (32 - turn))) ^ x;
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      x = (x + schedule[injection % 3]!) | 0;
      y = (y + schedule[(injection + 1) % 3]! + injection) | 0;
    }
  }
  return [x >>> 0, y >>> 0];
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

/**
 * The 32-bit words of a key's stream. Threefry is too slow to run for every word of a large array, so it only seeds
 * xoshiro128++ with 128 bits, which then generates the words.
 * @source Blackman, Vigna, "Scrambled linear pseudorandom number generators", TOMS 2021.
 */
class Words {
  // Signed, like the results of bitwise operators; with unsigned words the loop would run on floating-point numbers.
  private readonly state: Int32Array;

  constructor(of: Key) {
    const seeds = [0, 1].flatMap((low) => threefry(of.high, of.low, 0xffffffff, low));
    this.state = Int32Array.from(seeds);
  }

  /** The next `count` words. */
  take(count: number): Uint32Array {
    return this.takeInto(new Uint32Array(count), 0, 1);
  }

  /** Fills an array with the next words, each shifted right by `shift` bits and multiplied by `scale`. */
  takeInto<T extends Uint32Array | Float32Array>(out: T, shift: number, scale: number): T {
    const { state } = this;
    let a = state[0]!;
    let b = state[1]!;
    let c = state[2]!;
    let d = state[3]!;
    for (let i = 0; i < out.length; i++) {
      const sum = (a + d) | 0;
      out[i] = ((((sum << 7) | (sum >>> 25)) + a) >>> shift) * scale;
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = (d << 11) | (d >>> 21);
    }
    this.state.set([a, b, c, d]);
    return out;
  }
}

/** The words of a key's stream one by one. */
export function wordStream(of: Key): () => number {
  const words = new Words(of);
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
  return ndarray("float32", shape, new Words(of).takeInto(new Float32Array(sizeOf(shape)), 8, 2 ** -24));
}

/** Standard normal, by the Box-Muller transform. */
export function normal(of: Key, shape: Shape): NdArray<"float32"> {
  const data = new Float32Array(sizeOf(shape));
  const words = new Words(of).take(data.length + (data.length % 2));
  for (let i = 0; i < data.length; i += 2) {
    // Adding 0.5 keeps the argument of the logarithm above 0.
    const radius = Math.sqrt(-2 * Math.log((words[i]! + 0.5) * 2 ** -32));
    const angle = 2 * Math.PI * words[i + 1]! * 2 ** -32;
    data[i] = radius * Math.cos(angle);
    if (i + 1 < data.length) data[i + 1] = radius * Math.sin(angle);
  }
  return ndarray("float32", shape, data);
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
