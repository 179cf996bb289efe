import { type DType, type NdArray, zeros } from "../base/ndarray.ts";

// Inputs of discriminators that score several items jointly; in training, a pack is all real or all generated.

/**
 * Groups items [n, ...] into packs [ceil(n / packing), packing, ...], filling the last one with the first items;
 * unchanged for packing 1.
 */
export function packsOf(items: NdArray, packing = 1): NdArray {
  if (packing === 1) return items;
  const n = items.shape[0]!;
  return stacked(Math.ceil(n / packing), packing, (pack, place) => [items, (packing * pack + place) % n]);
}

/**
 * One pack [packing, ...] for each item [n, ...], completed by the same other items, those from row `first` on: [n,
 * packing, ...].
 */
export function packsWith(items: NdArray, others: NdArray, first: number, packing: number): NdArray {
  const m = others.shape[0]!;
  return stacked(items.shape[0]!, packing, (pack, place) =>
    place === 0 ? [items, pack] : [others, (first + place - 1) % m],
  );
}

function stacked(
  count: number,
  packing: number,
  at: (pack: number, place: number) => readonly [items: NdArray, row: number],
): NdArray {
  const { shape: whole, dtype } = at(0, 0)[0];
  const shape = whole.slice(1);
  const out = zeros<DType>([count, packing, ...shape], dtype);
  const width = out.data.length / (count * packing);
  for (let i = 0; i < count * packing; i++) {
    const [{ data }, row] = at(Math.floor(i / packing), i % packing);
    out.data.set(data.subarray(row * width, (row + 1) * width), i * width);
  }
  return out;
}
