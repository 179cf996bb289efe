import type { Command } from "commander";

/** Declares a command's arguments, flags and action. Some flags depend on the words that were given. */
type Declare = (command: Command, words: readonly string[]) => void | Promise<void>;

/** All that is known of a command until it is called: its module takes time to load. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Declare>;
}

/** The commands, in the order in which a person needs them. */
export const commands: readonly CommandEntry[] = [
  {
    name: "train",
    summary: "train a model on data, into a new run folder",
    load: async () => (await import("./train.ts")).declareTrain,
  },
  {
    name: "resume",
    summary: "go on with a run that was stopped",
    load: async () => (await import("./resume.ts")).declareResume,
  },
  {
    name: "sample",
    summary: "draw new items from a run or an ONNX file",
    load: async () => (await import("./sample.ts")).declareSample,
  },
  {
    name: "reconstruct",
    summary: "encode and decode test images, and show both",
    load: async () => (await import("./reconstruct.ts")).declareReconstruct,
  },
  {
    name: "traverse",
    summary: "show what each latent dimension does",
    load: async () => (await import("./traverse.ts")).declareTraverse,
  },
  {
    name: "translate",
    summary: "turn images of one domain into images of another",
    load: async () => (await import("./translate.ts")).declareTranslate,
  },
  {
    name: "eval",
    summary: "measure a run on its test data",
    load: async () => (await import("./eval.ts")).declareEval,
  },
  {
    name: "compare",
    summary: "put runs side by side on one page",
    load: async () => (await import("./compare.ts")).declareCompare,
  },
  {
    name: "diagnose",
    summary: "name what is wrong with a run, with evidence and one change",
    load: async () => (await import("./diagnose.ts")).declareDiagnose,
  },
  {
    name: "report",
    summary: "write a run's page anew: curves, pictures, diagnosis",
    load: async () => (await import("./report.ts")).declareReport,
  },
  {
    name: "export",
    summary: "write a run's nets as ONNX files",
    load: async () => (await import("./export.ts")).declareExport,
  },
  {
    name: "distance",
    summary: "measure the distance between two data sets or runs",
    load: async () => (await import("./distance.ts")).declareDistance,
  },
  {
    name: "data",
    summary: "look at data before training on them",
    load: async () => (await import("./data.ts")).declareData,
  },
  {
    name: "repro",
    summary: "regenerate a published number, or a claim of the docs",
    load: async () => (await import("./repro.ts")).declareRepro,
  },
  {
    name: "list",
    summary: "list recipes, metrics and data sets",
    load: async () => (await import("./list.ts")).declareList,
  },
  {
    name: "studio",
    summary: "watch runs in a browser while they train",
    load: async () => (await import("./studio.ts")).declareStudio,
  },
  {
    name: "doctor",
    summary: "check this machine: engines, speed, versions",
    load: async () => (await import("./doctor.ts")).declareDoctor,
  },
];
