import type { Command } from "commander";

/** Declares a command's arguments, flags and action. Some flags depend on the words that were given. */
type Declare = (command: Command, words: readonly string[]) => void | Promise<void>;

/** All that is known of a command until it is called: its module takes time to load. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Declare>;
}

/** The commands, in the order in which users need them. */
export const commands: readonly CommandEntry[] = [
  {
    name: "train",
    summary: "train a model in a new run folder",
    load: async () => (await import("./train.ts")).declareTrain,
  },
  {
    name: "resume",
    summary: "continue an interrupted run, or train one for longer",
    load: async () => (await import("./resume.ts")).declareResume,
  },
  {
    name: "sample",
    summary: "generate samples from a run or an ONNX file",
    load: async () => (await import("./sample.ts")).declareSample,
  },
  {
    name: "reconstruct",
    summary: "show test items and their reconstructions",
    load: async () => (await import("./reconstruct.ts")).declareReconstruct,
  },
  {
    name: "traverse",
    summary: "show latent traversals, one row per dimension",
    load: async () => (await import("./traverse.ts")).declareTraverse,
  },
  {
    name: "translate",
    summary: "translate images from one domain to another",
    load: async () => (await import("./translate.ts")).declareTranslate,
  },
  {
    name: "eval",
    summary: "evaluate a run on its test split",
    load: async () => (await import("./eval.ts")).declareEval,
  },
  {
    name: "compare",
    summary: "compare runs side by side on an HTML page",
    load: async () => (await import("./compare.ts")).declareCompare,
  },
  {
    name: "diagnose",
    summary: "detect failures of a run, or in samples of any model",
    load: async () => (await import("./diagnose.ts")).declareDiagnose,
  },
  {
    name: "report",
    summary: "rewrite the HTML report of a run",
    load: async () => (await import("./report.ts")).declareReport,
  },
  {
    name: "export",
    summary: "export the nets of a run as ONNX files",
    load: async () => (await import("./export.ts")).declareExport,
  },
  {
    name: "distance",
    summary: "measure the distance between two data sets or runs",
    load: async () => (await import("./distance.ts")).declareDistance,
  },
  {
    name: "data",
    summary: "inspect a data set before training",
    load: async () => (await import("./data.ts")).declareData,
  },
  {
    name: "repro",
    summary: "reproduce a published result or a claim of the docs",
    load: async () => (await import("./repro.ts")).declareRepro,
  },
  {
    name: "sweep",
    summary: "train a recipe over parameters and seeds",
    load: async () => (await import("./sweep.ts")).declareSweep,
  },
  {
    name: "worker",
    summary: "train trials of sweeps from a queue",
    load: async () => (await import("./worker.ts")).declareWorker,
  },
  {
    name: "list",
    summary: "list recipes, metrics and data sets",
    load: async () => (await import("./list.ts")).declareList,
  },
  {
    name: "studio",
    summary: "monitor, compare and start runs in a browser",
    load: async () => (await import("./studio.ts")).declareStudio,
  },
  {
    name: "doctor",
    summary: "check engines, speed and versions on this machine",
    load: async () => (await import("./doctor.ts")).declareDoctor,
  },
];
