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

/** One of the two sides of a distance. */
export interface Side {
  /** [n, d] */
  readonly points: Points;
  /** Nonnegative [n], taken as shares of their sum; equal where not given. A point of weight 0 is as one that is not there. */
  readonly weights?: Float64Array | undefined;
}

/** What a distance may use in addition to its two samples. */
export interface DistanceContext {
  /** Of all that is drawn. */
  readonly key: Key;
  /** Bytes that may be held. */
  readonly memory: number;
}

/** What a distance measured, with its uncertainty. */
export interface DistanceResult {
  readonly value: number;
  /** Standard error of the value; NaN where none is known. */
  readonly stderr: number;
  /** What was reached: `exact`, `estimate`, `optimal`, `converged`; or how it fell short. */
  readonly status: string;
  /** Points of each side that were used. */
  readonly n: readonly [a: number, b: number];
  /** What goes where, of distances that have a plan: its entries, or a matrix float64 [n, m]. */
  readonly plan?: TransportPlan | NdArray<"float64">;
  /** What else was found, by name. */
  readonly details: Readonly<Record<string, number>>;
}

/** What every distance declares. */
interface DistanceFacts {
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  readonly unit: string;
  /** What two samples of one distribution score. */
  readonly identical: string;
  /** Whether points may have weights. */
  readonly weighted: boolean;
  /** Whether there is a plan. */
  readonly planned: boolean;
  /** Work for n and m points, in any unit: how its duration grows with them. */
  work(n: number, m: number): number;
  /** Bytes held for n and m points, of a distance that holds their costs. */
  bytes?(n: number, m: number): number;
}

/** A distance as it is defined: its options arrive checked, with defaults filled in. */
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
 * default; if the remaining weights are all equal, they are dropped. `Options` may name what the schema accepts by a
 * documented interface.
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

/** @throws OptionError when what it holds for such sides would not fit into so many bytes. */
export function requireRoom(
  { name, bytes }: Pick<Distance, "name" | "bytes">,
  sides: readonly [Side, Side],
  memory: number,
): void {
  if (bytes === undefined) return;
  const [n, m] = sides.map(({ points, weights }) => supportOf(weights)?.length ?? points.shape[0]!) as [number, number];
  requireMemory(name, [n, m], bytes(n, m), memory);
}

/** The points of a side that weigh something. */
function weighing({ points, weights: all }: Side, places: Int32Array | null): Side {
  const weights = chosen(all, places);
  if (weights === undefined) return { points };
  const left = places === null ? points : selectPoints(points, places);
  return weights.every((weight) => weight === weights[0]) ? { points: left } : { points: left, weights };
}

function onAll(plan: NonNullable<DistanceResult["plan"]>, shape: [number, number], support: Support) {
  return "from" in plan ? planOnAll(plan, shape, support) : matrixOnAll(plan, shape, support);
}

/** A standard error may be unknown; what was found may not. */
function requireFinite(name: string, { value, details }: DistanceResult): void {
  const wrong = Object.entries({ value, ...details }).find(([, found]) => !Number.isFinite(found));
  if (wrong === undefined) return;
  const what = wrong[0] === "value" ? "it" : `its ${wrong[0]}`;
  throw new DataError(
    `${name}: ${what} must be a finite number - got ${wrong[1]}`,
    "points so far apart that their distances overflow, or so close that they vanish: measure them in another unit",
  );
}

/** Points of both sides. */
export function sizesOf(a: Side, b: Side): [n: number, m: number] {
  return [a.points.shape[0]!, b.points.shape[0]!];
}

/** @throws OptionError when a side has weights, which this distance has no place for. */
function requireUnweighted({ name, weighted }: Pick<Distance, "name" | "weighted">, sides: readonly Side[]): void {
  if (weighted || sides.every(({ weights }) => weights === undefined)) return;
  throw new OptionError(
    `${name}: points have no weights here - got some`,
    "weights can but leave points out here: all equal, or 0",
  );
}
