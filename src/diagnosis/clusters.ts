import { type DType, type NdArray, zeros } from "../base/ndarray.ts";
import { type Key, uniform } from "../base/random.ts";
import { nearestRows } from "../numeric/nearest.ts";

/** Iterations after which the centres are final. */
const rounds = 20;

/**
 * Cluster centres [k, d] of the rows of `items` [n, d], k at most n: Lloyd's algorithm with k-means++ initialisation.
 * The centre of an empty cluster stays where it was.
 * @source Arthur, Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007.
 */
export function clusterCentres(items: NdArray, k: number, key: Key): NdArray {
  let centres = spreadRows(items, k, key);
  let before: Int32Array = new Int32Array(0);
  for (let round = 0; round < rounds; round++) {
    const { row } = nearestRows(items, centres);
    if (row.every((each, i) => each === before[i])) break;
    centres = meansOf(items, row, centres);
    before = row;
  }
  return centres;
}

/** Rows drawn one after the other, with probability proportional to the squared distance to those drawn before. */
function spreadRows(items: NdArray, k: number, key: Key): NdArray {
  const [n, d] = items.shape as [number, number];
  const draws = uniform(key, [k]).data;
  const weights = new Float64Array(n).fill(Infinity);
  const out = zeros<DType>([k, d], items.dtype);
  let chosen = Math.floor(draws[0]! * n);
  for (let c = 0; ; c++) {
    out.data.set(items.data.subarray(chosen * d, (chosen + 1) * d), c * d);
    if (c + 1 === k) return out;
    let total = 0;
    for (let i = 0; i < n; i++) {
      let squares = 0;
      for (let j = 0; j < d; j++) squares += (items.data[i * d + j]! - out.data[c * d + j]!) ** 2;
      total += weights[i] = Math.min(weights[i]!, squares);
    }
    let rest = draws[c + 1]! * total;
    chosen = 0;
    while (chosen < n - 1 && (rest -= weights[chosen]!) >= 0) chosen++;
  }
}

function meansOf(items: NdArray, cluster: Int32Array, before: NdArray): NdArray {
  const [k, d] = before.shape as [number, number];
  const sums = new Float64Array(k * d);
  const counts = new Int32Array(k);
  for (let i = 0; i < cluster.length; i++) {
    counts[cluster[i]!]!++;
    for (let j = 0; j < d; j++) sums[cluster[i]! * d + j]! += items.data[i * d + j]!;
  }
  const out = zeros<DType>([k, d], before.dtype);
  for (let at = 0; at < k * d; at++) {
    const count = counts[Math.floor(at / d)]!;
    out.data[at] = count === 0 ? before.data[at]! : sums[at]! / count;
  }
  return out;
}
