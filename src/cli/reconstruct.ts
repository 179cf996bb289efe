import { basename, resolve } from "node:path";

import type { Command } from "commander";
import { z } from "zod";

import { DataError } from "../base/errors.ts";
import { type NdArray, formatShape, full, joinRows } from "../base/ndarray.ts";
import { integerField, parseOptions, textField } from "../base/options.ts";
import { range } from "../base/range.ts";
import { type Dataset, readExact } from "../data/index.ts";
import { openData, requireFree, writeOutput } from "../node/index.ts";
import { finiteItems } from "../trained/index.ts";
import { imageGrid, pairRows } from "../plot/index.ts";
import { type Run, readDataRecord } from "../run/index.ts";
import { overlayPicture } from "../report/index.ts";
import { type CommandDefinition, jsonForm } from "./command.ts";
import { addDeviceFlag, deviceOf } from "./device.ts";
import { addFlags, addOutputFlags, givenOptions } from "./flags.ts";
import { counted, number } from "./format.ts";
import { addExamples } from "./help.ts";
import { openRunModel, openSameData } from "./open-run.ts";
import { Output } from "./output.ts";
import { encodePicture, requirePicture } from "./picture-file.ts";
import { addParameterFlags, parametersOf } from "./weights.ts";

const columns = 8;

const options = z.object({
  data: textField(
    "data set with the same item shape, whose test split is reconstructed (default: the run's)",
    "spec",
  ).optional(),
  n: integerField("test items to reconstruct", { min: 1 }).default(32),
  out: textField(
    "PNG to write: images above their reconstructions; points as rings, their reconstructions as dots (default: RUN-reconstructions.png)",
    "file",
  ).optional(),
});

interface ReconstructFlags extends Readonly<Record<string, unknown>> {
  readonly device?: string;
  readonly weights?: string;
  readonly checkpoint?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const printed = jsonForm({
  keys: ["out", "n", "meanSquaredError"],
});

export const reconstructCommand: CommandDefinition = { declare: declareReconstruct, json: [printed] };

function declareReconstruct(command: Command): void {
  command.argument("<run>", "run folder");
  addFlags(command, options);
  addParameterFlags(command);
  addDeviceFlag(command);
  addOutputFlags(command, { force: "replace the file" });
  addExamples(command, [["test images above their reconstructions", "zaya reconstruct runs/vae-mnist-1"]]);
  command.action(runReconstruct);
}

async function runReconstruct(folder: string, flags: ReconstructFlags): Promise<void> {
  const output = new Output(flags);
  const given = parseOptions(options, givenOptions(flags, options), "reconstruct");
  const { n, out = `${basename(resolve(folder))}-reconstructions.png` } = given;
  const force = flags.force === true;
  requirePicture(out);
  await requireFree(out, force);
  const { run, trained, close } = await openRunModel(folder, deviceOf(flags.device), parametersOf(flags));
  try {
    const data = await dataOf(run, given.data);
    const shown = Math.min(n, data.size);
    const items = await readExact(data, range(0, shown));
    const results = finiteItems(await trained.decode(await trained.encode(items)), "reconstructions");
    const error = meanSquare(items, results);
    const picture = data.kind === "image" ? pairsPicture(items, results) : overlayPicture(items, results);
    await writeOutput(out, await encodePicture(picture, `${folder}, reconstructions`), force);
    const limits = data.kind === "image" ? " (values in [0, 1])" : "";
    output.result(
      [`${out}: ${counted(shown, "test item")}, mean squared error ${number(error)} per dimension${limits}`],
      printed,
      {
        out,
        n: shown,
        meanSquaredError: error,
      },
    );
  } finally {
    await close();
  }
}

async function dataOf(run: Run, spec: string | undefined): Promise<Dataset> {
  if (spec === undefined) return (await openSameData(run)).test;
  const { test } = await openData(spec, { size: run.config.data.size });
  const known = await readDataRecord(run.store);
  if (known !== null && known.shape.join() !== test.shape.join()) {
    throw new DataError(
      `items must have the shape of the run's, ${formatShape(known.shape)} - got ${formatShape(test.shape)} in ${spec}`,
    );
  }
  return test;
}

function meanSquare(a: NdArray, b: NdArray): number {
  let total = 0;
  for (let i = 0; i < a.data.length; i++) total += (a.data[i]! - b.data[i]!) ** 2;
  return total / a.data.length;
}

/** Rows of images, each above its results; an incomplete row is filled with grey. */
function pairsPicture(items: NdArray, results: NdArray): NdArray<"uint8"> {
  const n = items.shape[0]!;
  const across = Math.min(columns, n);
  const missing = (across - (n % across)) % across;
  const filler = full([missing, ...items.shape.slice(1)], 128 / 255);
  const filled = (images: NdArray): NdArray => (missing === 0 ? images : joinRows([images, filler]));
  return imageGrid(pairRows(filled(items), filled(results), across), { columns: across });
}
