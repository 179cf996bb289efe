import { type Key, threefry } from "./threefry.ts";

/** Words of a state. */
const words = 4;
/** Bits of a state. */
const bits = 32 * words;

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
  const state = new Int32Array(words);
  for (let counter = 0; counter < 2; counter++) {
    const block = threefry(high, low, 0xffffffff, counter);
    state[2 * counter] = block[0];
    state[2 * counter + 1] = block[1];
  }
  return new Xoshiro(state);
}

/**
 * Skips a fixed number of words. A step is linear in the bits of a state, so that any number of them maps a state to the sum
 * modulo 2 of what becomes of its bits.
 */
export class Jump {
  /** What becomes of each bit, [128, 4]. */
  private readonly images: Int32Array;

  /** @param steps Number of words, from 1. */
  constructor(steps: number) {
    const single = new Int32Array(bits * words);
    for (let bit = 0; bit < bits; bit++) {
      const own = single.subarray(bit * words, (bit + 1) * words);
      own[bit >> 5] = 1 << (bit & 31);
      new Xoshiro(own).take(1);
    }
    let images = single;
    // The binary digits of the number after its first: twice as many steps, and one more for a 1.
    for (const digit of steps.toString(2).slice(1)) {
      images = mapped(images, images);
      if (digit === "1") images = mapped(single, images);
    }
    this.images = images;
  }

  /** Replaces a state by the one after the jump. */
  apply(state: Int32Array): void {
    mapInto(this.images, state, 0, state);
  }
}

/** Maps states [n, 4] by the images of their bits. */
function mapped(images: Int32Array, states: Int32Array): Int32Array<ArrayBuffer> {
  const out = new Int32Array(states.length);
  for (let at = 0; at < states.length; at += words) mapInto(images, states, at, out);
  return out;
}

/** Maps the state at an index of `states`, which may also be `out`. */
function mapInto(images: Int32Array, states: Int32Array, at: number, out: Int32Array): void {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let bit = 0; bit < bits; bit++) {
    // All bits of the mask are set if the bit is.
    const mask = -((states[at + (bit >> 5)]! >>> (bit & 31)) & 1);
    a ^= images[bit * words]! & mask;
    b ^= images[bit * words + 1]! & mask;
    c ^= images[bit * words + 2]! & mask;
    d ^= images[bit * words + 3]! & mask;
  }
  out[at] = a;
  out[at + 1] = b;
  out[at + 2] = c;
  out[at + 3] = d;
}
