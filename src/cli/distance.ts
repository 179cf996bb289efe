import type { Command } from "commander";
import { z } from "zod";

import { OptionError } from "../base/errors.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import { rows } from "../base/ndarray.ts";
import { integerField, parseOptions, textField } from "../base/options.ts";
import { commonWidth } from "../numeric/points.ts";
import { fold, key } from "../base/random.ts";
import { type Distance, type DistanceResult, type Side, distances, requireRoom } from "../distances/index.ts";
import { availableMemory, requireFree, writeOutput } from "../node/index.ts";
import { type CommandDefinition, type FormObject, jsonForm } from "./command.ts";
import { addDeviceFlag, deviceOf } from "./device.ts";
import { type OpenedSide, openSide } from "./distance-side.ts";
import { addFlags, addOutputFlags, givenOptions } from "./flags.ts";
import { count, number, roughly } from "./format.ts";
import { addExamples, addNames } from "./help.ts";
import { addMemberFlags, memberByName, requireUsed } from "./member-flags.ts";
import { Output } from "./output.ts";
import { encodePlan, requirePlanFile } from "./plan-file.ts";
import { addParameterFlags, parametersOf } from "./weights.ts";

const weighted = distances.filter((distance) => distance.weighted).map(({ name }) => name);

const options = z.object({
  n: integerField("maximum number of items per side, a random subset if there are more; a run generates n samples", {
    min: 1,
  }).default(2000),
  seed: integerField("random seed", { min: 0, max: Number.MAX_SAFE_INTEGER }).default(0),
  size: integerField("scale and centre-crop the images of a folder to n x n pixels", { min: 1 }).optional(),
  weightsA: textField(
    `weights of A's items, with ${weighted.join(", ")}: .npy [n] or .csv of one column (default: equal)`,
    "file",
  ).optional(),
  weightsB: textField("weights of B's items (default: equal)", "file").optional(),
  plan: textField(
    "write the transport plan: .csv with lines i,j,mass from item i of A to item j of B, or .npy with the matrix [n, m]",
    "file",
  ).optional(),
});

interface DistanceFlags extends Readonly<Record<string, unknown>> {
  readonly metric: string;
  readonly device?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly weights?: string;
  readonly checkpoint?: string;
}

const printed = jsonForm({
  keys: ["metric", "value", "stderr", "unit", "status", "a", "b", "options", "details", "identical", "plan"],
  notes: "`stderr` is null if unknown; `identical` describes the value for equal distributions",
});

export const distanceCommand: CommandDefinition = { declare: declareDistance, json: [printed] };

function declareDistance(command: Command): void {
  const data =
    "run folder, name of a data set (see zaya list data), folder of images, or file (.npy, .parquet, .csv, .tsv, IDX)";
  command
    .argument("<a>", data)
    .argument("<b>", "the same")
    .option("--metric <name>", "distance from the list above", distances[0]!.name);
  addNames(
    command,
    "Distances:",
    distances.map(({ name, summary }) => [name, summary]),
  );
  addFlags(command, options);
  addParameterFlags(command);
  addDeviceFlag(command);
  addMemberFlags(command, distances, "Options of distances:");
  addOutputFlags(command, { quiet: true, force: "replace the file of --plan" });
  addExamples(command, [
    ["the training and test split of eight Gaussians", "zaya distance ring8 ring8 -n 500"],
    ["samples of a run and its data, in pixel space", "zaya distance runs/vae-mnist-1 mnist --metric sliced -n 500"],
  ]);
  command.action(runDistance);
}

async function runDistance(a: string, b: string, flags: DistanceFlags): Promise<void> {
  const output = new Output(flags);
  const distance = memberByName(distances, flags.metric);
  const { n, seed, size, weightsA, weightsB, plan } = parseOptions(options, givenOptions(flags, options), "distance");
  requireUsed(distances, [distance], flags);
  const chosen = parseOptions(distance.options, givenOptions(flags, distance.options), distance.name);
  await requirePlan(plan, distance, flags.force === true);
  const how = { n, size, parameters: parametersOf(flags), device: deviceOf(flags.device) };
  const sides = [
    await openSide({ ...how, spec: a, weights: weightsA, key: fold(key(seed), "a") }),
    await openSide({ ...how, spec: b, weights: weightsB, key: fold(key(seed), "b") }),
  ] as const;
  commonWidth(sides[0].points, sides[1].points, "distance");
  output.say(`${distance.name} between ${sides.map(described).join(" and ")}`);
  const context = { key: fold(key(seed), "distance"), memory: availableMemory() };
  requireRoom(distance, sides, context.memory);
  const seconds = expectedSeconds(distance, sides, (some) => distance.measure(...some, chosen, context), systemClock);
  if (seconds >= worthTelling) output.say(`about ${roughly(seconds)}; fewer points (-n) take less time`);
  const result = distance.measure(...sides, chosen, context);
  if (plan !== undefined && result.plan !== undefined) {
    const bytes = encodePlan(result.plan, plan, sides[0].indices, sides[1].indices);
    await writeOutput(plan, bytes, flags.force === true);
  }
  if (shortfalls.has(result.status)) output.warn(`warning: ${result.status}: ${shortfalls.get(result.status)}`);
  const asked = { n, seed, ...chosen };
  output.result(linesOf(distance, result, plan), printed, objectOf(distance, result, sides, asked, plan));
}

/** Number of points per side in a trial measurement of the duration, and how many times longer the whole computation must take for the trial to pay off. */
const triedPoints = 1000;
const worthTrying = 20;
/** Minimum expected duration, in seconds, for which an estimate is printed. */
const worthTelling = 10;

/** The expected duration, extrapolated from a second run on the first points; 0 if measuring does not pay off. */
function expectedSeconds(
  { work }: Distance,
  [a, b]: readonly [Side, Side],
  measure: (sides: readonly [Side, Side]) => unknown,
  clock: Clock,
): number {
  const growth = work(sizeOf(a), sizeOf(b)) / work(Math.min(triedPoints, sizeOf(a)), Math.min(triedPoints, sizeOf(b)));
  if (growth < worthTrying) return 0;
  const some = [firstPoints(a), firstPoints(b)] as const;
  // The first run compiles.
  measure(some);
  const start = clock.now();
  measure(some);
  return ((clock.now() - start) / 1000) * growth;
}

function sizeOf({ points }: Side): number {
  return points.shape[0]!;
}

function firstPoints({ points }: Side): Side {
  return { points: rows(points, 0, Math.min(triedPoints, points.shape[0]!)) };
}

/** Statuses of inexact results, and what to do. */
const shortfalls: ReadonlyMap<string, string> = new Map([
  ["not converged", "the marginals differ from the weights by marginalError; a larger --epsilon converges faster"],
  ["inexact", "costs span too many orders of magnitude; the cost may exceed the optimum by up to the gap"],
]);

async function requirePlan(path: string | undefined, { name, planned }: Distance, force: boolean): Promise<void> {
  if (path === undefined) return;
  if (!planned) {
    const planned = distances.filter((each) => each.planned).map((each) => each.name);
    throw new OptionError(`${name} has no plan - got --plan ${path}`, `use --metric ${planned.join(", ")}`);
  }
  requirePlanFile(path);
  await requireFree(path, force);
}

function described({ spec, of, indices }: OpenedSide): string {
  const taken = count(indices.length);
  return `${spec} (${of === null ? `${taken} drawn` : `${taken} of ${count(of)} items`})`;
}

function linesOf(distance: Distance, { value, stderr, status, details }: DistanceResult, plan?: string): string[] {
  const error = Number.isNaN(stderr) ? "" : ` ± ${number(stderr)}`;
  const more = Object.entries(details).map(([name, found]) => `${name} ${number(found)}`);
  return [
    `${distance.name}  ${number(value)}${error}  ${distance.unit}, ${status}`,
    ...(more.length === 0 ? [] : [`  ${more.join(", ")}`]),
    `  samples of one distribution: ${distance.identical}`,
    ...(plan === undefined ? [] : [`  plan: ${plan}`]),
  ];
}

function objectOf(
  { name, unit, identical }: Distance,
  { value, stderr, status, n, details }: DistanceResult,
  sides: readonly [OpenedSide, OpenedSide],
  asked: Readonly<Record<string, unknown>>,
  plan?: string,
): FormObject<(typeof printed.keys)[number]> {
  const [a, b] = sides.map(({ spec, of }, i) => ({ spec, n: n[i], of }));
  return {
    metric: name,
    value,
    stderr: Number.isNaN(stderr) ? null : stderr,
    unit,
    status,
    a,
    b,
    options: asked,
    details,
    identical,
    plan: plan ?? null,
  };
}
