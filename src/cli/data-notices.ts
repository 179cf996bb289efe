import { type PointScale, coarseCoordinates, enoughSteps, float32Step } from "../base/point-scale.ts";
import {
  type DataSplit,
  type Dataset,
  type ValueScale,
  hasSides,
  isConstantColumn,
  narrowRange,
  narrowRangeWarning,
  notesOf,
  take,
  skippedIn,
} from "../data/index.ts";
import { count, number, numberApart } from "./format.ts";

/** Maximum number of files that are named; the others are counted. */
const named = 10;

/** Notices about the data, printed before training. @param all Whether every skipped file is named. */
export async function noticeLines(data: DataSplit, { all }: { readonly all: boolean }): Promise<string[]> {
  const skipped = skippedIn(data).map(({ file, reason }) => `${file}: ${reason}`);
  const files = skipped.length === 1 ? "1 file that" : `${count(skipped.length)} files that`;
  return [
    ...(skipped.length === 0 ? [] : [`skipped ${files} could not be read as images:`]),
    ...firstOf(skipped, "zaya data --json lists all of them", all).map((line) => `  ${line}`),
    ...notesOf(data).map((note) => `note: ${note}`),
    ...(await warningsOf(data)).map((warning) => `warning: ${warning}`),
  ];
}

/** The first few lines, and the number of the others. */
export function firstOf(lines: readonly string[], where: string, all = false): string[] {
  const more = lines.length - named;
  return all || more <= 0 ? [...lines] : [...lines.slice(0, named), `and ${count(more)} more; ${where}`];
}

/** Probable mistakes in the values, for each domain separately. */
export async function warningsOf({ train }: DataSplit): Promise<string[]> {
  if (train.kind === "points") return train.readDouble === undefined ? roundedWarnings(train) : coarseWarnings(train);
  const domains: readonly Dataset[] = hasSides(train) ? [train.sides.a, train.sides.b] : [train];
  const warnings: string[] = [];
  for (const domain of domains) {
    const range = await narrowRange(domain);
    const where = domains.length === 1 ? "" : `${domain.name}: `;
    if (range !== null) warnings.push(`${where}${narrowRangeWarning(range, domain.scales)}`);
  }
  return warnings;
}

async function coarseWarnings(points: Dataset): Promise<string[]> {
  const scale = await points.pointScale?.();
  const warnings: string[] = [];
  for (const column of scale === undefined ? [] : coarseCoordinates(scale)) {
    // The scale of a constant coordinate is meaningless.
    if (!(await isConstantColumn(points, column))) warnings.push(coarseWarning(scale!, column));
  }
  return warnings;
}

/** Number of float32 steps per standard deviation; with fewer, the values probably lost precision when the file was saved. */
const fewSteps = 32;
/** Above it, float32 cannot represent every integer. */
const largestExact = 2 ** 24;
/** Number of points by which rounding is detected. */
const looked = 10_000;

/** For points that are stored as float32. */
async function roundedWarnings(points: Dataset): Promise<string[]> {
  const some = take(points, looked);
  const scale = await some.pointScale?.();
  const warnings: string[] = [];
  for (const column of scale === undefined ? [] : coarseCoordinates(scale)) {
    const [centre, spread] = [scale!.mean[column]!, scale!.deviation[column]!];
    const isRounded = (await isConstantColumn(some, column))
      ? Math.abs(centre) >= largestExact
      : spread < fewSteps * float32Step(centre);
    if (isRounded) {
      warnings.push(
        `x${column + 1} is near ${number(centre)}, where float32 has steps of ${number(float32Step(centre))}, and takes only one or a few values: save the numbers as float64, or subtract ${number(centre)} before they become float32`,
      );
    }
  }
  return warnings;
}

/** Training, samples and metrics convert points to their units in float64; an ONNX file cannot. */
function coarseWarning({ mean, deviation }: PointScale, column: number): string {
  const [centre, spread] = [mean[column]!, deviation[column]!];
  const about = numberApart(centre, spread);
  const step = float32Step(centre);
  const beyond = "samples and metrics are in float64, but exported ONNX files are in float32 and lose this precision";
  // Below the smallest float32 step, centring does not help.
  if (spread < enoughSteps * float32Step(0)) {
    return `x${column + 1} has a standard deviation of ${number(spread)}, where the smallest spacing of float32 is ${number(float32Step(0))}: ${beyond}; multiply the column by one number before training`;
  }
  const unit = 10 ** Math.ceil(Math.log10(spread));
  const near = numberApart(Math.round(centre / unit) * unit, unit);
  return `x${column + 1} has a standard deviation of ${number(spread)} around its mean, ${about}, where the spacing of float32 is ${number(step)}: ${beyond}; subtract ${near} from the column before training`;
}

/** How values were scaled to [0, 1], once per type. */
export function scalesOf({ train, test }: DataSplit): ValueScale[] {
  const parts = [train, test].flatMap((part) => (hasSides(part) ? [part.sides.a, part.sides.b] : [part]));
  const all = parts.flatMap(({ scales }) => scales ?? []);
  return [...new Map(all.map((scale) => [scale.type, scale])).values()];
}

export function scalesLine(scales: readonly ValueScale[]): string {
  const of = ({ type, low, high }: ValueScale): string =>
    high === 1 && type !== "bool" ? `${type}, as they are` : `${type}, ${low} to ${high} mapped to 0 to 1`;
  return scales.map(of).join("; ");
}
