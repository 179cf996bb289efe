import type { Command } from "commander";

import { z } from "zod";

import { OptionError } from "../base/errors.ts";
import type { NdArray } from "../base/ndarray.ts";
import { flagOf, integerField, parseOptions, textField } from "../base/options.ts";
import { fold, key } from "../base/random.ts";
import { range } from "../base/range.ts";
import { type DataSplit, readExact } from "../data/index.ts";
import {
  type Diagnosis,
  type SampleDiagnosis,
  type Symptom,
  RunHistory,
  diagnoseModel,
  diagnoseSamples,
  requireOwnNames,
  samplesFor,
} from "../diagnosis/index.ts";
import { type Device, importSymptom, isRun, nodeEngine, openData, openItems } from "../node/index.ts";
import { sourceTitle } from "../run/index.ts";
import { type CommandDefinition, jsonForm } from "./command.ts";
import { addDeviceFlag, deviceOf } from "./device.ts";
import { addFlags, addOutputFlags, givenOptions } from "./flags.ts";
import { count, counted } from "./format.ts";
import { addExamples, addNote } from "./help.ts";
import { openFeatures } from "./open-features.ts";
import { openRunModel, openSameData } from "./open-run.ts";
import { Output } from "./output.ts";
import { type Parameters, addCheckpointFlag, parametersOf } from "./weights.ts";

const options = z.object({
  data: textField(
    "check samples against these real items: name of a data set, folder of images, or file (.npy, .parquet, .csv, .tsv, IDX)",
    "spec",
  ).optional(),
  features: textField(
    "with --data: determine modes in this feature space, the run folder of a classifier or an ONNX file (default: pixels or coordinates)",
    "run|file",
  ).optional(),
  size: integerField("with --data: scale and centre-crop the images of a folder to n x n pixels", {
    min: 1,
  }).optional(),
});

interface DiagnoseFlags extends Readonly<Record<string, unknown>> {
  readonly device?: string;
  readonly checkpoint?: string | undefined;
  readonly recipe?: string | undefined;
  readonly symptom?: readonly string[];
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const printed = jsonForm({
  keys: ["run", "step", "findings", "absent", "unknown"],
  notes:
    "a finding has `symptom`, `summary`, `evidence`, `change`; `absent` lists the checks that passed, `unknown` those that could not be performed",
});

const ofSamples = jsonForm({
  given: "--data",
  keys: ["samples", "n", "data", "findings", "absent", "unknown"],
  notes: "of samples of any model; a finding has `symptom`, `summary`, `evidence`",
});

export const diagnoseCommand: CommandDefinition = { declare: declareDiagnose, json: [printed, ofSamples] };

function declareDiagnose(command: Command): void {
  command.argument(
    "<run|samples>",
    "run folder, during or after training; or, with --data, samples: a run, .npy, .csv or a folder of images. Nothing is written to it",
  );
  addFlags(command, options);
  addCheckpointFlag(command);
  command.option(
    "--symptom <file>",
    "your own symptom to check, a .js or .ts file that exports it; repeatable",
    (file: string, all: readonly string[] = []) => [...all, file],
  );
  addDeviceFlag(command);
  addOutputFlags(command, { quiet: true });
  addNote(
    command,
    "Each finding shows the measured values, their thresholds and one flag to change. docs/diagnose.md describes all checks.",
  );
  addExamples(command, [
    ["check a run", "zaya diagnose runs/vae-mnist-1"],
    ["samples of any model against real items", "zaya diagnose samples.npy --data mnist"],
  ]);
  command.action(runDiagnose);
}

async function runDiagnose(source: string, flags: DiagnoseFlags): Promise<void> {
  const output = new Output(flags);
  const given = parseOptions(options, givenOptions(flags, options), "diagnose");
  if (given.data !== undefined) return checkSamples(source, { ...given, data: given.data }, flags, output);
  const [idle] = Object.keys(given);
  if (idle !== undefined) throw new OptionError(`${flagOf(idle)} is for checks of samples and needs --data`);
  return checkRun(source, flags, output);
}

/** Seed of the samples. It needs no flag, because findings do not depend on which samples are drawn. */
const seed = 0;

async function checkSamples(
  source: string,
  { data: spec, features: path, size }: z.output<typeof options> & { readonly data: string },
  flags: DiagnoseFlags,
  output: Output,
): Promise<void> {
  const device = deviceOf(flags.device);
  const parameters = parametersOf({ checkpoint: flags.checkpoint, recipe: flags.recipe });
  const symptoms = await ownSymptoms(flags);
  const data = await openData(spec, { size });
  const samples = await samplesOf(source, data, { size, device, parameters });
  const compared = path === undefined ? null : await openFeatures(path, {}, device);
  try {
    output.say(`checking ${count(samples.shape[0]!)} samples of ${source} against ${data.train.name}`);
    const engine = await nodeEngine({ device });
    const diagnosis = await diagnoseSamples(samples, data, engine, seed, compared?.features, symptoms);
    output.result(linesOf(diagnosis), ofSamples, {
      samples: source,
      n: samples.shape[0],
      data: data.train.name,
      ...diagnosis,
    });
  } finally {
    await compared?.close();
  }
}

interface Opening {
  readonly size: number | undefined;
  readonly device: Device;
  readonly parameters: Parameters;
}

/** Samples from a file or a folder of images, or drawn from a run. */
async function samplesOf(source: string, data: DataSplit, { size, device, parameters }: Opening): Promise<NdArray> {
  if (!(await isRun(source))) {
    const items = await openItems(source, { size });
    return readExact(items, range(0, items.size));
  }
  const { trained, close } = await openRunModel(source, device, parameters);
  try {
    return await trained.sample(fold(key(seed), "samples"), samplesFor(data.train));
  } finally {
    await close();
  }
}

async function ownSymptoms({ symptom = [] }: DiagnoseFlags): Promise<Symptom[]> {
  const symptoms = await Promise.all(symptom.map(importSymptom));
  requireOwnNames({ symptoms });
  return symptoms;
}

async function checkRun(folder: string, flags: DiagnoseFlags, output: Output): Promise<void> {
  const symptoms = await ownSymptoms(flags);
  const { run, trained, step, close } = await openRunModel(
    folder,
    deviceOf(flags.device),
    parametersOf({ checkpoint: flags.checkpoint, recipe: flags.recipe }),
  );
  try {
    const { config } = run;
    const about = `${config.recipe} on ${sourceTitle(config.data)}, step ${step} of ${config.train.steps}`;
    output.say(`checking ${about}`);
    const data = await openSameData(run);
    const lines = (await run.metrics()).filter((line) => line.step <= step);
    const history = new RunHistory(config, trained.model, data, lines, { symptoms });
    const diagnosis = await diagnoseModel(history, trained, step, config.train.seed);
    output.result(linesOf(diagnosis), printed, { run: folder, ...diagnosis });
  } finally {
    await close();
  }
}

function foundLine(found: number, looked: number): string {
  if (looked === 0) return "no check could be made yet";
  return found > 0
    ? `${counted(found, "symptom")} found in ${counted(looked, "check")}`
    : `no symptom found in ${counted(looked, "check")}`;
}

function linesOf(diagnosis: Diagnosis | SampleDiagnosis): string[] {
  const { findings, absent, unknown } = diagnosis;
  const looked = findings.length + absent.length;
  return [
    ...findings.flatMap((finding) => [
      `${finding.symptom}: ${finding.summary}`,
      `  ${finding.evidence}`,
      ...("change" in finding ? [`  try ${finding.change.flag}: ${finding.change.reason}`] : []),
    ]),
    foundLine(findings.length, looked),
    ...absent.map(({ symptom, evidence }) => `  ${symptom} not found: ${evidence}`),
    ...("step" in diagnosis
      ? unknown.map(({ symptom, needs }) => `  ${symptom} was not checked: it needs ${needs}`)
      : [`  not checked, as they need a run: ${unknown.map(({ symptom }) => symptom).join(", ")}`]),
  ];
}
