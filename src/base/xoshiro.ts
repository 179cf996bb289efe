import { type Key, threefry } from "./threefry.ts";

/**
 * The generator xoshiro128++: 32-bit words from a state of four.
 * @source Blackman, Vigna, "Scrambled linear pseudorandom number generators", TOMS 2021.
 */
export class Xoshiro {
  /** @param state Signed, like the results of bitwise operators; with unsigned words the loop would run on floating-point numbers. */
  constructor(readonly state: Int32Array) {}

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
    state[0] = a;
    state[1] = b;
    state[2] = c;
    state[3] = d;
    return out;
  }
}

/**
 * The 32-bit words of a key's stream. Threefry is too slow to run for every word of a large array, so it only seeds
 * xoshiro128++ with 128 bits, which then generates the words.
 */
export function streamOf({ high, low }: Key): Xoshiro {
  const seeds = [0, 1].flatMap((counter) => threefry(high, low, 0xffffffff, counter));
  return new Xoshiro(Int32Array.from(seeds));
}
