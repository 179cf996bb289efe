import { basename, resolve } from "node:path";

import type { Command } from "commander";
import { z } from "zod";

import { OptionError } from "../base/errors.ts";
import { zeros } from "../base/ndarray.ts";
import { integerField, numberField, parseOptions, textField } from "../base/options.ts";
import { latentKl } from "../base/scalar-names.ts";
import type { Model } from "../models/index.ts";
import { requireFree, writeOutput } from "../node/index.ts";
import { imageGrid, manifoldCodes, traversalCodes } from "../plot/index.ts";
import { type Run } from "../run/index.ts";
import { latentsByKl } from "../report/index.ts";
import { type CommandDefinition, jsonForm } from "./command.ts";
import { addDeviceFlag, deviceOf } from "./device.ts";
import { addFlags, addOutputFlags, givenOptions } from "./flags.ts";
import { number } from "./format.ts";
import { addExamples, addNote } from "./help.ts";
import { finiteItems } from "../trained/index.ts";
import { openRunModel } from "./open-run.ts";
import { Output } from "./output.ts";
import { encodePicture, requirePicture } from "./picture-file.ts";
import { addParameterFlags, parametersOf } from "./weights.ts";

/** Side of the grid over a two-dimensional latent space. */
const manifoldSide = 20;

const options = z.object({
  columns: integerField("values per latent dimension", { min: 2 }).default(11),
  range: numberField("traverse from -x to x, in standard deviations of the prior", { above: 0 }).default(3),
  out: textField("PNG to write (default: RUN-traversal.png)", "file").optional(),
});

interface TraverseFlags extends Readonly<Record<string, unknown>> {
  readonly device?: string;
  readonly weights?: string;
  readonly checkpoint?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const printed = jsonForm({
  keys: ["out", "latents", "rows?", "kl?"],
  notes: "`rows` are the latent dimensions from top to bottom, `kl` their KL in nats; both are omitted for two latents",
});

export const traverseCommand: CommandDefinition = { declare: declareTraverse, json: [printed] };

function declareTraverse(command: Command): void {
  command.argument("<run>", "run folder");
  addFlags(command, options);
  addParameterFlags(command);
  addDeviceFlag(command);
  addOutputFlags(command, { force: "replace the file" });
  addNote(
    command,
    `One row per latent dimension, largest KL first. Two dimensions are shown as a plane of ${manifoldSide} x ${manifoldSide} codes at the quantiles of the prior.`,
  );
  addExamples(command, [["traverse all latent dimensions", "zaya traverse runs/vae-mnist-1"]]);
  command.action(runTraverse);
}

async function runTraverse(folder: string, flags: TraverseFlags): Promise<void> {
  const output = new Output(flags);
  const given = parseOptions(options, givenOptions(flags, options), "traverse");
  const { columns, range, out = `${basename(resolve(folder))}-traversal.png` } = given;
  const force = flags.force === true;
  requirePicture(out);
  await requireFree(out, force);
  const { run, trained, close } = await openRunModel(folder, deviceOf(flags.device), parametersOf(flags));
  try {
    const size = latentSize(trained.model);
    const kl = await klPerLatent(run, size);
    const order = latentsByKl(kl ?? new Array<number>(size).fill(0));
    const plane = size === 2;
    const codes = plane ? manifoldCodes(manifoldSide) : traversalCodes(zeros([1, size]), order, columns, range);
    const images = finiteItems(await trained.decode(codes), "images");
    if (images.shape.length !== 4) throw new OptionError("traversals need images - got a model of points");
    const across = plane ? manifoldSide : columns;
    await writeOutput(
      out,
      await encodePicture(imageGrid(images, { columns: across }), `${folder}, latent traversal`),
      force,
    );
    const lines = plane
      ? [`${manifoldSide} x ${manifoldSide} codes at the quantiles of the prior`]
      : describeRows(order, kl);
    output.result([`${out}: ${lines[0]}`, ...lines.slice(1)], printed, {
      out,
      latents: size,
      ...(plane ? {} : { rows: order, kl: kl === null ? null : order.map((i) => kl[i]) }),
    });
  } finally {
    await close();
  }
}

/** @throws OptionError for a model whose codes cannot be traversed. */
function latentSize({ decoder, maps }: Model): number {
  const shape = decoder?.traversable === true ? maps[decoder.map]!.inputs[decoder.input]! : [];
  if (shape.length === 1) return shape[0]!;
  throw new OptionError("the model does not decode a vector of continuous latent dimensions");
}

function describeRows(order: readonly number[], kl: readonly number[] | null): string[] {
  if (kl === null) return ["rows in the order of the latent dimensions, because no KL has been measured yet"];
  return [
    "rows from top to bottom, with their KL in nats",
    ...order.map((latent) => `  latent ${latent}  ${number(kl[latent]!)}`),
  ];
}

/** The newest KL of each latent dimension on test data; null where none was measured. */
async function klPerLatent(run: Run, size: number): Promise<number[] | null> {
  const found = new Map<number, number>();
  for (const { name, split, value } of await run.metrics()) {
    const latent = split === "test" ? latentKl.parse(name)?.latent : undefined;
    if (latent !== undefined && value !== null) found.set(Number(latent), value);
  }
  const kl = Array.from({ length: size }, (_, i) => found.get(i));
  return kl.every((value) => value !== undefined) ? kl : null;
}
