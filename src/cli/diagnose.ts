import type { Command } from "commander";

import { sourceTitle } from "../run/index.ts";
import { type Diagnosis, RunHistory, diagnoseModel } from "../diagnosis/index.ts";
import { addDeviceFlag, deviceOf } from "./device.ts";
import { addOutputFlags } from "./flags.ts";
import { counted } from "./format.ts";
import { addExamples, addNote } from "./help.ts";
import { openRunModel, openSameData } from "./open-run.ts";
import { Output } from "./output.ts";
import { addCheckpointFlag, parametersOf } from "./weights.ts";

interface DiagnoseFlags extends Readonly<Record<string, unknown>> {
  readonly device?: string;
  readonly checkpoint?: string | undefined;
  readonly recipe?: string | undefined;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function declareDiagnose(command: Command): void {
  command.argument("<run>", "run folder, during or after training; nothing is written to it");
  addCheckpointFlag(command);
  addDeviceFlag(command);
  addOutputFlags(command, { quiet: true });
  addNote(
    command,
    "Each finding shows the measured values, their thresholds and one flag to change. docs/diagnose.md describes all checks.",
  );
  addExamples(command, [["check a run", "zaya diagnose runs/vae-mnist-1"]]);
  command.action(runDiagnose);
}

async function runDiagnose(folder: string, flags: DiagnoseFlags): Promise<void> {
  const output = new Output(flags);
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
    const history = new RunHistory(config, trained.model, data, lines);
    const diagnosis = await diagnoseModel(history, trained, step, config.train.seed);
    output.result(linesOf(diagnosis), { run: folder, ...diagnosis });
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

function linesOf({ findings, absent, unknown }: Diagnosis): string[] {
  const looked = findings.length + absent.length;
  return [
    ...findings.flatMap(({ symptom, summary, evidence, change: { flag, reason } }) => [
      `${symptom}: ${summary}`,
      `  ${evidence}`,
      `  try ${flag}: ${reason}`,
    ]),
    foundLine(findings.length, looked),
    ...absent.map(({ symptom, evidence }) => `  no ${symptom}: ${evidence}`),
    ...unknown.map(({ symptom, needs }) => `  ${symptom} was not checked: it needs ${needs}`),
  ];
}
