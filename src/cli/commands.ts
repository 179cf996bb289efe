import type { CommandDefinition } from "./command.ts";

/** What is known about a command before it is called. Its module is loaded on the call, because that takes time. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<CommandDefinition>;
}

/** The commands, in the order in which users need them. */
export const commands: readonly CommandEntry[] = [
  {
    name: "train",
    summary: "train a model in a new run folder",
    load: async () => (await import("./train.ts")).trainCommand,
  },
  {
    name: "resume",
    summary: "continue an interrupted run, or train one for longer",
    load: async () => (await import("./resume.ts")).resumeCommand,
  },
  {
    name: "sample",
    summary: "generate samples from a run or an ONNX file",
    load: async () => (await import("./sample.ts")).sampleCommand,
  },
  {
    name: "reconstruct",
    summary: "show test items and their reconstructions",
    load: async () => (await import("./reconstruct.ts")).reconstructCommand,
  },
  {
    name: "traverse",
    summary: "show latent traversals, one row per dimension",
    load: async () => (await import("./traverse.ts")).traverseCommand,
  },
  {
    name: "translate",
    summary: "translate images from one domain to another",
    load: async () => (await import("./translate.ts")).translateCommand,
  },
  {
    name: "eval",
    summary: "evaluate a run on its test split",
    load: async () => (await import("./eval.ts")).evalCommand,
  },
  {
    name: "compare",
    summary: "compare runs side by side on an HTML page",
    load: async () => (await import("./compare.ts")).compareCommand,
  },
  {
    name: "diagnose",
    summary: "detect failures in a run, or in samples of any model",
    load: async () => (await import("./diagnose.ts")).diagnoseCommand,
  },
  {
    name: "report",
    summary: "rewrite the HTML report of a run",
    load: async () => (await import("./report.ts")).reportCommand,
  },
  {
    name: "export",
    summary: "export the nets of a run as ONNX files",
    load: async () => (await import("./export.ts")).exportCommand,
  },
  {
    name: "distance",
    summary: "measure the distance between two data sets or runs",
    load: async () => (await import("./distance.ts")).distanceCommand,
  },
  {
    name: "data",
    summary: "inspect a data set before training",
    load: async () => (await import("./data.ts")).dataCommand,
  },
  {
    name: "repro",
    summary: "reproduce a published result or a claim of the docs",
    load: async () => (await import("./repro.ts")).reproCommand,
  },
  {
    name: "sweep",
    summary: "train a recipe over hyperparameters and seeds",
    load: async () => (await import("./sweep.ts")).sweepCommand,
  },
  {
    name: "worker",
    summary: "train trials of sweeps from a queue",
    load: async () => (await import("./worker.ts")).workerCommand,
  },
  {
    name: "list",
    summary: "list recipes, metrics and data sets",
    load: async () => (await import("./list.ts")).listCommand,
  },
  {
    name: "studio",
    summary: "monitor, compare and start runs in a browser",
    load: async () => (await import("./studio.ts")).studioCommand,
  },
  {
    name: "doctor",
    summary: "check engines, speed and versions on this machine",
    load: async () => (await import("./doctor.ts")).doctorCommand,
  },
];
