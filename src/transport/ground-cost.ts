import { gibibytes } from "../base/gibibytes.ts";
import { OptionError } from "../base/errors.ts";
import { type NdArray, ndarray } from "../base/ndarray.ts";
import {
  type PairFunction,
  type Points,
  eachRow,
  euclideanDistance,
  manhattanDistance,
  requireSquares,
  squaredDistance,
} from "../numeric/points.ts";

/** What it costs to move a unit of mass from one point to another. */
export const groundCosts = {
  euclidean: euclideanDistance,
  squared: squaredDistance,
  manhattan: manhattanDistance,
} as const satisfies Readonly<Record<string, PairFunction>>;

/** Cost of moving a unit of mass from one point to another. */
export type GroundCost = keyof typeof groundCosts;

/** Bytes that a computation may hold where its caller does not say how many there are: 4 GiB. */
export const defaultMemory = 2 ** 32;
/** Elements of the longest array there is. */
const longestArray = 2 ** 32 - 1;

/** @throws OptionError naming the bytes needed when they are more than there are. Nothing has been allocated then. */
export function requireMemory(where: string, [n, m]: readonly [number, number], bytes: number, memory: number): void {
  if (bytes <= memory && n * m <= longestArray) return;
  const side = Math.floor(Math.min(Math.sqrt(longestArray), Math.sqrt((memory * n * m) / bytes)));
  throw new OptionError(
    `${where} must fit into memory, ${gibibytes(memory)} - got ${n} x ${m} points, which take ${gibibytes(bytes)}`,
    `about ${side} x ${side} points would fit; sliced and one-dimensional distances need no cost matrix`,
  );
}

/**
 * The cost between every point of `a` and every point of `b`: float64 [n, m], 8 n m bytes.
 * @param memory Bytes there are for it.
 * @throws OptionError, before any work, when they are too few. @throws DataError as of `requireSquares`.
 */
export function costMatrix(
  a: Points,
  b: Points,
  cost: GroundCost = "euclidean",
  memory: number = defaultMemory,
): NdArray<"float64"> {
  const [n, m] = [a.shape[0]!, b.shape[0]!];
  requireMemory("the cost matrix", [n, m], 8 * n * m, memory);
  if (cost !== "manhattan") requireSquares(a, b, "the cost matrix");
  const out = new Float64Array(n * m);
  eachRow(a, b, groundCosts[cost], (row, i) => out.set(row, i * m));
  return ndarray("float64", [n, m], out);
}

/** Costs as they may be given. @throws OptionError for a shape that is no matrix, or the first cost that is not finite. */
export function requireCosts(costs: NdArray<"float64">, where: string): [n: number, m: number] {
  const [n = 0, m = 0, ...rest] = costs.shape;
  if (n === 0 || m === 0 || rest.length > 0) {
    throw new OptionError(`${where}: costs must be [n, m] and not empty - got [${costs.shape.join(", ")}]`);
  }
  const wrong = costs.data.findIndex((cost) => !Number.isFinite(cost));
  if (wrong < 0) return [n, m];
  throw new OptionError(
    `${where}: each cost must be finite - got ${costs.data[wrong]} at [${Math.floor(wrong / m)}, ${wrong % m}]`,
    "give forbidden pairs a cost that is large compared with all others",
  );
}
