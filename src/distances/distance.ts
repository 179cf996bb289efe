import type { z } from "zod";
import { DataError, OptionError } from "../base/errors.ts";
import type { NdArray } from "../base/ndarray.ts";
import { parseOptions } from "../base/options.ts";
import { type Points, selectPoints } from "../numeric/points.ts";
import type { Key } from "../base/random.ts";
import {
  type Support,
  type TransportPlan,
  chosen,
  requireMemory,
  matrixOnAll,
  planOnAll,
  requireWeights,
  supportOf,
} from "../transport/index.ts";

/** One of the two point sets. */
export interface Side {
  /** [n, d] */
  readonly points: Points;
  /** Nonnegative weights [n], normalised to sum 1; uniform by default. A point of weight 0 is ignored. */
  readonly weights?: Float64Array | undefined;
}

/** What a distance may use in addition to the two point sets. */
export interface DistanceContext {
  /** Key of all random draws. */
  readonly key: Key;
  /** Bytes of memory that may be used. */
  readonly memory: number;
}

/** Value of a distance, with its uncertainty. */
export interface DistanceResult {
  readonly value: number;
  /** Standard error of the value; NaN if unknown. */
  readonly stderr: number;
  /** `exact`, `estimate`, `optimal` or `converged`, or the status of an inexact result. */
  readonly status: string;
  /** Number of points of each side that were used. */
  readonly n: readonly [a: number, b: number];
  /** The transport plan, if the distance has one: its entries, or a float64 matrix [n, m]. */
  readonly plan?: TransportPlan | NdArray<"float64">;
  /** Further results by name. */
  readonly details: Readonly<Record<string, number>>;
}

/** Properties that every distance declares. */
interface DistanceFacts {
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  readonly unit: string;
  /** Expected value for two samples of the same distribution. */
  readonly identical: string;
  /** Whether points may have weights. */
  readonly weighted: boolean;
  /** Whether there is a transport plan. */
  readonly planned: boolean;
  /** Duration as a function of n and m, in an arbitrary unit. */
  work(n: number, m: number): number;
  /** Bytes needed for the cost matrix of n and m points, if there is one. */
  bytes?(n: number, m: number): number;
}

/** A distance's definition; it receives validated options with defaults filled in. */
export interface DistanceDefinition<Schema extends z.ZodObject> extends DistanceFacts {
  readonly options: Schema;
  measure(a: Side, b: Side, options: z.output<Schema>, context: DistanceContext): DistanceResult;
}

/** A distance between two point sets, or between the distributions that they were drawn from. */
export interface Distance<Options = Readonly<Record<string, unknown>>> extends DistanceFacts {
  readonly options: z.ZodObject;
  /**
   * @throws OptionError for options that are not valid, and before any work when the costs would not fit into memory.
   * @throws DataError when the value would not be finite.
   */
  measure(a: Side, b: Side, options: Options, context: DistanceContext): DistanceResult;
}

/**
 * Defines a distance. Points of weight 0 are left out before anything is computed, so they affect neither the value nor a
 * default; if the remaining weights are all equal, they are dropped. `Options` can be a documented
 * interface of the options that the schema accepts.
 */
export function defineDistance<Schema extends z.ZodObject, Options extends z.input<Schema> = z.input<Schema>>(
  definition: DistanceDefinition<Schema>,
): Distance<Options> {
  const { name } = definition;
  const measure: Distance<Options>["measure"] = (a, b, given, context) => {
    const options = parseOptions(definition.options, given, name);
    for (const { points, weights } of [a, b]) requireWeights(weights, points.shape[0]!, name);
    const support = { rows: supportOf(a.weights), columns: supportOf(b.weights) };
    const sides = [weighing(a, support.rows), weighing(b, support.columns)] as const;
    requireUnweighted(definition, sides);
    requireRoom(definition, sides, context.memory);
    const result = definition.measure(...sides, options, context);
    requireFinite(name, result);
    return result.plan === undefined ? result : { ...result, plan: onAll(result.plan, sizesOf(a, b), support) };
  };
  return Object.freeze({ ...definition, measure });
}

/** @throws OptionError when the cost matrix does not fit into `memory` bytes. */
export function requireRoom(
  { name, bytes }: Pick<Distance, "name" | "bytes">,
  sides: readonly [Side, Side],
  memory: number,
): void {
  if (bytes === undefined) return;
  const [n, m] = sides.map(({ points, weights }) => supportOf(weights)?.length ?? points.shape[0]!) as [number, number];
  requireMemory(name, [n, m], bytes(n, m), memory);
}

/** The points of a side with a positive weight. */
function weighing({ points, weights: all }: Side, places: Int32Array | null): Side {
  const weights = chosen(all, places);
  if (weights === undefined) return { points };
  const left = places === null ? points : selectPoints(points, places);
  return weights.every((weight) => weight === weights[0]) ? { points: left } : { points: left, weights };
}

function onAll(plan: NonNullable<DistanceResult["plan"]>, shape: [number, number], support: Support) {
  return "from" in plan ? planOnAll(plan, shape, support) : matrixOnAll(plan, shape, support);
}

/** @throws DataError when the value or a detail is not finite; only a standard error may be NaN. */
function requireFinite(name: string, { value, details }: DistanceResult): void {
  const wrong = Object.entries({ value, ...details }).find(([, found]) => !Number.isFinite(found));
  if (wrong === undefined) return;
  const what = wrong[0] === "value" ? "it" : `its ${wrong[0]}`;
  throw new DataError(
    `${name}: ${what} must be a finite number - got ${wrong[1]}`,
    "the points are so far apart that their distances overflow, or so close that they underflow: use another unit",
  );
}

/** Number of points of either side. */
export function sizesOf(a: Side, b: Side): [n: number, m: number] {
  return [a.points.shape[0]!, b.points.shape[0]!];
}

/** @throws OptionError for weights with a distance that has none. */
function requireUnweighted({ name, weighted }: Pick<Distance, "name" | "weighted">, sides: readonly Side[]): void {
  if (weighted || sides.every(({ weights }) => weights === undefined)) return;
  throw new OptionError(
    `${name}: the points must have equal weights`,
    "this distance ignores points of weight 0, but all other weights must be equal",
  );
}
