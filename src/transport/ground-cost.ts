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

/** Cost of moving a unit of mass between two points: Euclidean, squared Euclidean or Manhattan distance. */
export const groundCosts = {
  euclidean: euclideanDistance,
  squared: squaredDistance,
  manhattan: manhattanDistance,
} as const satisfies Readonly<Record<string, PairFunction>>;

/** Name of a ground cost. */
export type GroundCost = keyof typeof groundCosts;

/** Default memory limit in bytes: 4 GiB. */
export const defaultMemory = 2 ** 32;
/** Elements of the longest possible array. */
const longestArray = 2 ** 32 - 1;

/** @throws OptionError, before anything is allocated, if more bytes are needed than are available. */
export function requireMemory(where: string, [n, m]: readonly [number, number], bytes: number, memory: number): void {
  if (bytes <= memory && n * m <= longestArray) return;
  const side = Math.floor(Math.min(Math.sqrt(longestArray), Math.sqrt((memory * n * m) / bytes)));
  throw new OptionError(
    `${where} must fit into memory, ${gibibytes(memory)} - got ${n} x ${m} points, which take ${gibibytes(bytes)}`,
    `about ${side} x ${side} points would fit; sliced and one-dimensional distances need no cost matrix`,
  );
}

/**
 * The cost between every point of `a` [n, d] and of `b` [m, d], as float64 [n, m] of 8 n m bytes.
 * @param memory Bytes available for it.
 * @throws OptionError, before any work, when they are too few. @throws DataError as in `requireSquares`.
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

/**
 * The shape of a cost matrix. @throws OptionError for anything but a matrix, or for the first cost that is not finite.
 */
export function requireCosts(costs: NdArray<"float64">, where: string): [n: number, m: number] {
  const [n = 0, m = 0, ...rest] = costs.shape;
  if (n === 0 || m === 0 || rest.length > 0) {
    throw new OptionError(`${where}: costs must be [n, m] and not empty - got [${costs.shape.join(", ")}]`);
  }
  const wrong = costs.data.findIndex((cost) => !Number.isFinite(cost));
  if (wrong < 0) return [n, m];
  throw new OptionError(
    `${where}: each cost must be finite - got ${costs.data[wrong]} at [${Math.floor(wrong / m)}, ${wrong % m}]`,
    "give forbidden pairs a cost much larger than all others",
  );
}
