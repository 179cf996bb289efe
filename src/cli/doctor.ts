import { fork } from "node:child_process";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

import type { Command } from "commander";

import { ZayaError } from "../base/errors.ts";
import { sharpVersion, versions } from "../node/index.ts";
import { hasOnnxRuntime, requireOnnxRuntime } from "../runtime/index.ts";
import { type CommandDefinition, jsonForm } from "./command.ts";
import { exitCodes } from "./failure.ts";
import { addOutputFlags } from "./flags.ts";
import { number, table } from "./format.ts";
import { addExamples } from "./help.ts";
import type { Measurement } from "./measure.ts";
import { Output } from "./output.ts";

/** Every device but `auto`, which stands for one of them. */
const measured = ["cpu", "kernels", "wasm", "webgpu"] as const;
type Measured = (typeof measured)[number];

interface EngineReport {
  readonly device: string;
  /** Billions of float32 operations a second in one large matrix product; null where the device does not work. */
  readonly gflops: number | null;
  readonly problem: string | null;
  readonly fix: string | null;
}

/** An optional dependency. */
interface PackageReport {
  readonly version: string | null;
  readonly problem: string | null;
  readonly fix: string | null;
}

const printed = jsonForm({
  keys: ["node", "system", "cpu", "cpus", "memoryGiB", "onnxruntime", "sharp", "engines"],
  notes: "an unavailable engine has `problem` and `fix`",
});

export const doctorCommand: CommandDefinition = { declare: declareDoctor, json: [printed] };

function declareDoctor(command: Command): void {
  addOutputFlags(command);
  addExamples(command, [["what works on this machine, and how fast", "zaya doctor"]]);
  command.action(async (flags: { json?: boolean }) => {
    const output = new Output(flags);
    const engines: EngineReport[] = [];
    for (const device of measured) {
      output.show(`measuring ${device}`);
      engines.push(await engineReport(device));
    }
    const report = {
      node: process.versions.node,
      system: `${process.platform} ${process.arch} ${release()}`,
      cpu: cpus()[0]?.model ?? "unknown",
      cpus: availableParallelism(),
      memoryGiB: Number((totalmem() / 2 ** 30).toFixed(1)),
      onnxruntime: await packageReport(() => {
        requireOnnxRuntime();
        return versions()["onnxruntime"]!;
      }),
      sharp: await packageReport(sharpVersion),
      engines,
    };
    output.result(linesOf(report), printed, report);
    if (engines.every(({ gflops }) => gflops === null)) process.exitCode = exitCodes.refused;
  });
}

async function engineReport(device: Measured): Promise<EngineReport> {
  const measured = await measure(device);
  if ("gflops" in measured) return { device, gflops: measured.gflops, problem: null, fix: null };
  return { device, gflops: null, problem: problemOf(measured.problem), fix: fixFor(device, measured) };
}

/** Measures in a separate process, whose output is not shown. */
function measure(device: Measured): Promise<Measurement> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL("./measure.js", import.meta.url)), [device], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    let answer: Measurement | null = null;
    child.on("message", (message) => (answer = message as Measurement));
    child.on("error", ({ message }) => resolve({ problem: message, hint: null, known: false }));
    child.on("exit", (code, signal) => {
      resolve(answer ?? { problem: `its process ended with ${signal ?? `code ${code}`}`, hint: null, known: false });
    });
  });
}

function fixFor(device: Measured, { hint, known }: Extract<Measurement, { problem: string }>): string {
  if (!known) return "run npm install again on this machine: ONNX Runtime comes with a binary for each system";
  if (device !== "webgpu" || !hasOnnxRuntime) return hint ?? "run npm install again on this machine";
  const drivers =
    process.platform === "linux"
      ? "install a Vulkan driver and loader (Debian: libvulkan1 and mesa-vulkan-drivers)"
      : "update the graphics driver";
  return `${drivers}; until then, omit --device`;
}

/** One line of an error, without the part after "got", which is often a long message of a driver or loader. */
function problemOf(message: string): string {
  return message.split(/\n| - got /)[0]!;
}

/** @param find Returns the version of the package. */
async function packageReport(find: () => string | Promise<string>): Promise<PackageReport> {
  try {
    return { version: await find(), problem: null, fix: null };
  } catch (error) {
    if (!(error instanceof ZayaError)) throw error;
    return { version: null, problem: error.message.split(/ - (?:got )?/)[1] ?? error.message, fix: error.hint ?? null };
  }
}

interface Report {
  readonly node: string;
  readonly system: string;
  readonly cpu: string;
  readonly cpus: number;
  readonly memoryGiB: number;
  readonly onnxruntime: PackageReport;
  readonly sharp: PackageReport;
  readonly engines: readonly EngineReport[];
}

function linesOf({ node, system, cpu, cpus: count, memoryGiB, onnxruntime, sharp, engines }: Report): string[] {
  const described = (name: string, { version, problem, fix }: PackageReport): string[][] =>
    version === null
      ? [
          [name, problem ?? ""],
          ["", `fix: ${fix}`],
        ]
      : [[name, version]];
  return table([
    ["node", node],
    ["system", system],
    ["processor", `${cpu}, ${count} ${count === 1 ? "core" : "cores"}`],
    ["memory", `${memoryGiB} GiB`],
    ...described("onnxruntime", onnxruntime),
    ...described("sharp", sharp),
    ...engines.flatMap(({ device, gflops, problem, fix }) =>
      gflops !== null
        ? [[device, `works, ${number(gflops)} GFLOP/s`]]
        : [
            [device, problem ?? ""],
            ["", `fix: ${fix}`],
          ],
    ),
  ]);
}
