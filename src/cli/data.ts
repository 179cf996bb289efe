import { stat } from "node:fs/promises";

import type { Command } from "commander";

import { type DType, type NdArray, joinRows } from "../base/ndarray.ts";
import { parseOptions } from "../base/options.ts";
import { type DataSplit, type Dataset, hasSides, nearDuplicates, summarize } from "../data/index.ts";
import { openData } from "../node/index.ts";
import { dataOptions } from "../run/index.ts";
import type { CommandDefinition } from "./command.ts";
import { warningsOf } from "./data-notices.ts";
import { type DataOverview, linesOf, overviewForm, pairsForm, objectOf, pairLines, pairObject } from "./data-lines.ts";
import { addFlags, addOutputFlags, givenOptions } from "./flags.ts";
import { addExamples } from "./help.ts";
import { Output } from "./output.ts";

interface DataFlags extends Readonly<Record<string, unknown>> {
  readonly json?: boolean;
}

export const dataCommand: CommandDefinition = { declare: declareData, json: [overviewForm, pairsForm] };

function declareData(command: Command): void {
  const how = dataOptions.omit({ spec: true, second: true });
  command
    .argument("<spec>", dataOptions.shape.spec.meta()?.description ?? "")
    .argument("[second]", "second domain, for image-to-image translation");
  addFlags(command, how);
  addOutputFlags(command);
  addExamples(command, [
    ["a built-in data set of points", "zaya data ring8"],
    ["a folder of your own images (here: photos)", "zaya data photos --size 32"],
  ]);
  command.action(async (spec: string, second: string | undefined, flags: DataFlags) => {
    const options = parseOptions(how, givenOptions(flags, how), "data");
    const data = await openData(spec, { ...options, second });
    const output = new Output(flags);
    const resizable = await isResizable(spec);
    const [a, b] = await Promise.all(domainsOf(data).map((domain) => lookAt(domain, resizable)));
    if (b === undefined) return output.result(linesOf(a!), overviewForm, objectOf(a!));
    const pairs = { data, warnings: await warningsOf(data) };
    output.result(pairLines(pairs, a!, b), pairsForm, pairObject(pairs, a!, b));
  });
}

/** Both domains of pairs, each with its splits; otherwise the data unchanged. */
function domainsOf(data: DataSplit): DataSplit[] {
  const { train, test } = data;
  if (!hasSides(train) || !hasSides(test)) return [data];
  return [
    { train: train.sides.a, test: test.sides.a },
    { train: train.sides.b, test: test.sides.b },
  ];
}

/** Whether the data are image files, which can be resized. */
async function isResizable(spec: string): Promise<boolean> {
  return spec.endsWith(".parquet") || ((await stat(spec).catch(() => null))?.isDirectory() ?? false);
}

async function lookAt(data: DataSplit, resizable: boolean): Promise<DataOverview> {
  const all = whole(data);
  const near = all.kind === "image" ? await nearDuplicates(all) : null;
  const [summary, warnings] = [await summarize(all), await warningsOf(data)];
  return { data, summary, warnings, near, resizable, nameOf: (item) => all.itemName!(item) };
}

/** Both parts as one, the training items first. */
function whole({ train, test }: DataSplit): Dataset {
  const reading =
    <D extends DType>(from: (part: Dataset, indices: ArrayLike<number>) => Promise<NdArray<D>>) =>
    async (indices: ArrayLike<number>): Promise<NdArray<D>> => {
      const all = Array.from(indices);
      const inTest = all.map((index) => index >= train.size);
      if (!inTest.includes(true)) return from(train, indices);
      // The splits are stored one after the other, and items are read in ascending order.
      const [head, tail] = [all.filter((_, i) => !inTest[i]), all.filter((_, i) => inTest[i])];
      const shifted = tail.map((index) => index - train.size);
      const rest = await from(test, shifted);
      return head.length === 0 ? rest : joinRows([await from(train, head), rest]);
    };
  const read = reading((part, indices) => part.read(indices));
  const isExact = train.readDouble !== undefined && test.readDouble !== undefined;
  const readDouble = isExact && { readDouble: reading((part, indices) => part.readDouble!(indices)) };
  const labels =
    train.labels === null || test.labels === null ? null : Int32Array.from([...train.labels, ...test.labels]);
  const itemName = (index: number): string =>
    (index < train.size ? train.itemName?.(index) : test.itemName?.(index - train.size)) ?? `item ${index}`;
  const { name, kind, shape, classNames, skipped, fingerprint } = train;
  const size = train.size + test.size;
  return {
    name,
    kind,
    shape,
    size,
    labels,
    ...(classNames && { classNames }),
    read,
    ...readDouble,
    itemName,
    fingerprint,
    skipped,
  };
}
