import { rm } from "node:fs/promises";
import { join } from "node:path";

import type { Command } from "commander";

import { key } from "../base/random.ts";
import { MemoryStore } from "../base/store.ts";
import { openRunFolder, requireFree, writeOutput } from "../node/index.ts";
import { inRun } from "../run/index.ts";
import { type Weights } from "../run/index.ts";
import { type ParityEntry, aboutExport, exportModel } from "../trained/index.ts";
import { type CommandDefinition, jsonForm } from "./command.ts";
import { addOutputFlags } from "./flags.ts";
import { number, table } from "./format.ts";
import { addExamples } from "./help.ts";
import { openRunModel } from "./open-run.ts";
import { Output } from "./output.ts";
import { type Parameters, addParameterFlags, describeParameters, parametersOf } from "./weights.ts";

interface ExportFlags {
  readonly weights?: string;
  readonly checkpoint?: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const printed = jsonForm({
  keys: ["run", "step", "weights", "files", "parity"],
  notes: "`parity`: numerical difference between files and model",
});

export const exportCommand: CommandDefinition = { declare: declareExport, json: [printed] };

function declareExport(command: Command): void {
  command
    .argument("<run>", "run folder")
    .option("--out <dir>", "folder to write to (default: export/ of the run, whose files are replaced)");
  addParameterFlags(command);
  addOutputFlags(command, { force: "replace files" });
  addExamples(command, [["encoder.onnx and decoder.onnx into a folder", "zaya export runs/vae-mnist-1 --out onnx"]]);
  command.action(runExport);
}

async function runExport(folder: string, flags: ExportFlags): Promise<void> {
  const { out, force = false, json = false } = flags;
  const output = new Output({ json });
  const written = new MemoryStore();
  const { step, weights, entries } = await emit(folder, parametersOf(flags), written);
  const target = out ?? join(folder, "export");
  const files = (await written.list("export")).map((name) => ({
    name,
    path: join(target, name.slice("export/".length)),
  }));
  if (out === undefined) {
    await inRun(folder, async () => {
      const { store, release } = await openRunFolder(folder);
      try {
        for (const { name } of files) await store.write(name, await written.read(name));
      } finally {
        await release();
      }
    });
  } else {
    for (const { path } of files) await requireFree(path, force);
    const made: string[] = [];
    try {
      for (const { name, path } of files) {
        await writeOutput(path, await written.read(name), force);
        made.push(path);
      }
    } catch (error) {
      // Either all files of an export are written or none, unless some existed before.
      if (!force) for (const path of made) await rm(path, { force: true }).catch(() => undefined);
      throw error;
    }
  }
  const lines = entries.map(({ file, largestDifference, items }) => {
    const path = join(target, file.slice("export/".length));
    if (largestDifference === null) return [path, "not compared with the model", "ONNX Runtime is not installed"];
    const differences = Object.entries(largestDifference).map(
      ([name, value]) => `${name} differs by at most ${number(value)}`,
    );
    return [path, differences.join(", "), `from the model on ${items} inputs`];
  });
  output.result([describeParameters(step, weights), ...table(lines)], printed, {
    run: folder,
    step,
    weights,
    files: files.map(({ path }) => path),
    parity: entries,
  });
}

interface Emitted {
  readonly step: number;
  readonly weights: Weights | null;
  readonly entries: readonly ParityEntry[];
}

async function emit(folder: string, chosen: Parameters, store: MemoryStore): Promise<Emitted> {
  const { run, trained, step, weights, close } = await openRunModel(folder, "auto", chosen);
  const { train } = run.config;
  try {
    const about = await aboutExport(run, trained.model, step, weights);
    // The parity check uses noise in place of real inputs, because the data may not be available.
    return { step, weights, entries: await exportModel(trained, null, store, key(train.seed), about) };
  } finally {
    await close();
  }
}
