import { significant } from "../base/digits.ts";
import { type Evaluation, type Refusal, numbersOf } from "../evaluation/index.ts";
import { count, number } from "./format.ts";

/** `negElbo 105.9 ± 0.2 nats  recon 80.4  kl 25.5  (n 10000)`. */
export function resultLine(result: Evaluation): string {
  const { stderr: _, n, [result.quantity]: __, ...rest } = numbersOf([result]);
  const details = Object.entries(rest).flatMap(([name, entry]) =>
    Number.isFinite(entry) ? [`  ${name} ${number(entry)}`] : [],
  );
  return `${valueLine(result)}${details.join("")}  (n ${n})`;
}

/** The value, the numbers needed to interpret it and, for samples, the value of real items. */
export function endLine(result: Evaluation): string {
  if (result.protocol.samples === undefined) return resultLine(result);
  const floor = floorWords(result);
  return `${valueLine(result)}${floor === null ? "" : ` (${floor})`}`;
}

/** `modes 8 ± 0.2 of 8 modes, 98.1 % of samples near a mode`. */
function valueLine({ quantity, value, stderr, unit, beside }: Evaluation): string {
  const error = Number.isFinite(stderr) ? ` ± ${significant(stderr, 2)}` : "";
  return `${quantity} ${number(value)}${error} ${unit}${beside === undefined ? "" : `, ${beside}`}`;
}

/** For a result on samples: the values to compare it with. */
export function comparisonLines(result: Evaluation): string[] {
  const {
    interval: [low, high],
    protocol,
  } = result;
  const { samples, reference, features } = protocol;
  if (samples === undefined) return [];
  return [
    [
      "",
      ...(Number.isFinite(low) ? [`95 % interval ${number(low)} to ${number(high)}`] : []),
      ...floorOf(result),
      `${count(samples)} drawn, ${count(reference!)} real`,
      ...(features === undefined
        ? []
        : [`${features.dimensions} features of ${features.id}, resized: ${features.resize}`]),
    ].join("  "),
  ];
}

/** `real items get 0.227`, with their number if it differs from that of the samples. */
export function floorWords({
  n,
  floor,
  floorItems = n,
}: Pick<Evaluation, "n" | "floor" | "floorItems">): string | null {
  if (floor === undefined) return null;
  return `${floorItems === n ? "" : `${count(floorItems)} `}real items get ${number(floor)}`;
}

/** The value of real items, and how their protocol differs. */
function floorOf(result: Evaluation): string[] {
  const { floorDetails = {}, floorRefusal, details } = result;
  if (floorRefusal !== undefined) return [`no floor: it cannot be computed from real items, ${floorRefusal}`];
  const floor = floorWords(result);
  if (floor === null) return [];
  const other = Object.entries(floorDetails).flatMap(([name, detail]) =>
    typeof detail === "number" && detail !== details[name] ? [`${name} ${number(detail)}`] : [],
  );
  return [`${floor}${other.length === 0 ? "" : ` (${other.join(", ")})`}`];
}

/** A metric that could not be measured, with the reason and a remedy. */
export function refusalLines({ label, reason, hint }: Refusal): string[] {
  const why = reason.startsWith(`${label}: `) ? reason : `${label}: ${reason}`;
  return [`not measured  ${why}`, ...(hint === undefined ? [] : [`  ${hint}`])];
}
