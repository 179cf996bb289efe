import { type DType, type NdArray, zeros } from "../base/ndarray.ts";

// What discriminators see that judge several items at once, all real or all generated when they are trained.

/**
 * Items [n, ...] as packs [ceil(n / packing), packing, ...], the last one filled up from the first items; as they are where
 * each is judged by itself.
 */
export function packsOf(items: NdArray, packing = 1): NdArray {
  if (packing === 1) return items;
  const n = items.shape[0]!;
  return stacked(Math.ceil(n / packing), packing, (pack, place) => [items, (packing * pack + place) % n]);
}

/** Each of items [n, ...] ahead of the same others, those from row `first` on, as packs [n, packing, ...]. */
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
