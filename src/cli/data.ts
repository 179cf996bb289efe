import type { Command } from "commander";

import { joinRows } from "../base/ndarray.ts";
import { parseOptions } from "../base/options.ts";
import { type DataSplit, type DataSummary, type Dataset, type Modes, summarize } from "../data/index.ts";
import { openData } from "../node/index.ts";
import { dataOptions } from "../train/index.ts";
import { addFlags, givenOptions } from "./flags.ts";
import { count, counted, number, table } from "./format.ts";
import { Output } from "./output.ts";

/** Training items below which a person should know what to expect. */
const few = 1000;
/** Training items below which there is little to learn from. */
const veryFew = 100;
/** Classes above which they are not listed one by one. */
const manyClasses = 30;

interface DataFlags extends Readonly<Record<string, unknown>> {
  readonly json?: boolean;
}

export function declareData(command: Command): void {
  const how = dataOptions.omit({ spec: true });
  command.argument("<spec>", dataOptions.shape.spec.meta()?.description ?? "");
  addFlags(command, how);
  command.option("--json", "print one JSON object");
  command.action(async (spec: string, flags: DataFlags) => {
    const options = parseOptions(how, givenOptions(flags, how), "data");
    const data = await openData(spec, options);
    const summary = summarize(whole(data));
    new Output(flags).result(linesOf(data, summary), objectOf(data, summary));
  });
}

/** Both parts as one, the training items first. */
function whole({ train, test }: DataSplit): Dataset {
  const read: Dataset["read"] = (indices) => {
    const all = Array.from(indices);
    const inTest = all.map((index) => index >= train.size);
    if (!inTest.includes(true)) return train.read(indices);
    // Parts lie one after the other, and items are read in rising order.
    const [head, tail] = [all.filter((_, i) => !inTest[i]), all.filter((_, i) => inTest[i])];
    const rest = test.read(tail.map((index) => index - train.size));
    return head.length === 0 ? rest : joinRows([train.read(head), rest]);
  };
  const labels =
    train.labels === null || test.labels === null ? null : Int32Array.from([...train.labels, ...test.labels]);
  const { name, kind, shape, skipped } = train;
  return { name, kind, shape, size: train.size + test.size, labels, read, fingerprint: train.fingerprint, skipped };
}

function linesOf({ train, test }: DataSplit, summary: DataSummary): string[] {
  const { duplicates, constant, classes, dimensions, skipped } = summary;
  const rows = [
    ["items", `${count(train.size)} to train on, ${count(test.size)} to test on`],
    [
      "shape",
      `${summary.shape.join(" x ")}  (${summary.kind === "image" ? "height x width x channels" : "numbers of a point"})`,
    ],
    ["range", `${number(summary.min)} to ${number(summary.max)}, mean ${number(summary.mean)}`],
    ...(dimensions ?? []).map(({ min, max, mean, deviation }, at) => [
      `  x${at + 1}`,
      `${number(min)} to ${number(max)}, mean ${number(mean)}, deviation ${number(deviation)}`,
    ]),
    ["duplicates", `${counted(duplicates.count, "item")} equal to an earlier one`],
    ...(constant.count > 0 ? [["blank", `${counted(constant.count, "item")} of one value throughout`]] : []),
    ...(classes === null ? [] : [["classes", classesLine(classes)]]),
    ...(train.modes === undefined ? [] : [["modes", modesLine(train.modes)]]),
    ["fingerprint", train.fingerprint],
    ...(skipped.length > 0 || summary.kind === "image" ? [["unreadable", counted(skipped.length, "file")]] : []),
  ];
  const verdict = verdictOn(train);
  return [
    summary.name,
    ...table(rows).map((line) => `  ${line}`),
    ...skipped.map(({ file, reason }) => `    ${file}: ${reason}`),
    ...(verdict === null ? [] : [`verdict: ${verdict}`]),
  ];
}

/** Each class with its items; of many classes how many items they have. */
function classesLine(classes: ReadonlyMap<number, number>): string {
  if (classes.size <= manyClasses) return [...classes].map(([label, size]) => `${label}: ${count(size)}`).join(", ");
  const sizes = [...classes.values()].toSorted((a, b) => a - b);
  return `${count(classes.size)}, of ${count(sizes[0]!)} to ${count(sizes.at(-1)!)} items`;
}

function modesLine(modes: Modes): string {
  if (modes.kind === "digits") {
    const { channels, classes } = modes;
    return `${count(modeCount(modes))}: a digit of ${classes} in each of ${channels} channels`;
  }
  return `${count(modeCount(modes))}; of high quality within ${number(modes.deviation * modes.within)} of a mode's centre`;
}

function modeCount(modes: Modes): number {
  return modes.kind === "digits" ? modes.classes ** modes.channels : modes.centers.shape[0]!;
}

function objectOf({ train, test }: DataSplit, summary: DataSummary): unknown {
  const { name, kind, shape, min, max, mean, dimensions, duplicates, constant, classes, skipped, fingerprint } =
    summary;
  return {
    name,
    kind,
    shape,
    count: train.size + test.size,
    train: train.size,
    test: test.size,
    min,
    max,
    mean,
    dimensions,
    duplicates: duplicates.count,
    blank: constant.count,
    classes: classes === null ? null : Object.fromEntries(classes),
    modes: train.modes === undefined ? null : modeCount(train.modes),
    skipped,
    fingerprint,
    verdict: verdictOn(train),
  };
}

/**
 * What to expect of little data; null where there is enough not to say anything.
 * @source Karras et al., arXiv 2006.06676, figure 1: quality falls with each halving of the data, by memorisation.
 */
function verdictOn({ size }: Dataset): string | null {
  if (size >= few) return null;
  const items = counted(size, "training item");
  return size < veryFew
    ? `${items}: far too few to learn a distribution from; a model will repeat them. Good for trying things out`
    : `${items}: few; expect a model to memorise. Keep it small, compare its losses on train and test, and collect more if you can`;
}
