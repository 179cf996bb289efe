/** Nonnegative integers below the limit; the same for the same seed. */
export type Draw = (limit: number) => number;

/** @source Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014; Mulberry32. */
export function drawing(seed: number): Draw {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

type Mutation = (bytes: Uint8Array, draw: Draw, others: readonly Uint8Array[]) => Uint8Array;

/** Values at which lengths and counts go wrong. */
const extremes = [0n, 1n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0xffffn, 0x7fffffffn, 0x80000000n, 0xffffffffn].concat([
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
  1_000_000n,
  100_000_000n,
]);

function edited(bytes: Uint8Array, edit: (copy: Uint8Array) => void): Uint8Array {
  const copy = Uint8Array.from(bytes);
  if (copy.length > 0) edit(copy);
  return copy;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

const flipBit: Mutation = (bytes, draw) =>
  edited(bytes, (copy) => {
    copy[draw(copy.length)]! ^= 1 << draw(8);
  });

const setByte: Mutation = (bytes, draw) =>
  edited(bytes, (copy) => {
    copy[draw(copy.length)] = [0, 1, 0x7f, 0x80, 0xff, draw(256)][draw(6)]!;
  });

const cut: Mutation = (bytes, draw) => bytes.slice(0, draw(bytes.length + 1));

const cutOut: Mutation = (bytes, draw) => {
  const from = draw(bytes.length + 1);
  return joined(bytes.subarray(0, from), bytes.subarray(from + draw(Math.min(64, bytes.length) + 1)));
};

const repeat: Mutation = (bytes, draw) => {
  const from = draw(bytes.length + 1);
  const part = bytes.subarray(from, from + draw(64));
  return joined(bytes.subarray(0, from), part, part, bytes.subarray(from));
};

/** A field of a length or count, of either byte order, at one of its extremes. */
const extreme: Mutation = (bytes, draw) =>
  edited(bytes, (copy) => {
    const width = [1, 2, 4, 8][draw(4)]!;
    const value = BigInt.asUintN(8 * width, extremes[draw(extremes.length)]!);
    const at = draw(copy.length);
    const little = draw(2) === 0;
    for (let i = 0; i < width && at + i < copy.length; i++) {
      copy[at + i] = Number((value >> BigInt(8 * (little ? i : width - 1 - i))) & 255n);
    }
  });

/** A number that is written out, as headers and tables do, and another in its place. */
const numeral: Mutation = (bytes, draw) => {
  const text = Buffer.from(bytes).toString("latin1");
  const found = [...text.matchAll(/\d+/g)];
  if (found.length === 0) return flipBit(bytes, draw, []);
  const { index, 0: old } = found[draw(found.length)]!;
  const other = ["0", "1", "-1", "4294967296", "9007199254740993", "99999999999999999999", "1e999", "NaN", "", "2.5"];
  return Buffer.from(text.slice(0, index) + other[draw(other.length)]! + text.slice(index + old.length), "latin1");
};

const splice: Mutation = (bytes, draw, others) => {
  const other = others[draw(others.length)]!;
  return joined(bytes.subarray(0, draw(bytes.length + 1)), other.subarray(draw(other.length + 1)));
};

const append: Mutation = (bytes, draw) =>
  joined(
    bytes,
    Uint8Array.from({ length: 1 + draw(40) }, () => draw(256)),
  );

const mutations = [flipBit, flipBit, setByte, setByte, cut, cutOut, repeat, extreme, extreme, numeral, splice, append];

/** One of some valid files with one to four things wrong; now and then bytes that mean nothing at all. */
export function mutated(seeds: readonly Uint8Array[], draw: Draw): Uint8Array {
  if (draw(50) === 0) return Uint8Array.from({ length: draw(300) }, () => draw(256));
  let bytes = seeds[draw(seeds.length)]!;
  for (let count = 1 + draw(4); count > 0; count--) bytes = mutations[draw(mutations.length)]!(bytes, draw, seeds);
  return bytes;
}
