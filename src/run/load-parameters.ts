import { RunError } from "../base/errors.ts";
import type { DataInfo, Model } from "../models/index.ts";
import type { Arrays } from "../runtime/index.ts";
import type { Store } from "../base/store.ts";
import {
  type Checkpoint,
  type LoadedCheckpoint,
  checkpointFolders,
  listCheckpoints,
  loadCheckpoint,
  loadNewest,
  surveyCheckpoints,
} from "./checkpoint.ts";
import type { RunConfig } from "./config.ts";
import { readDataRecord } from "./data-record.ts";
import type { InitialParameters } from "./initial-parameters.ts";
import { layoutsOf } from "../step/layout.ts";
import { buildModel } from "./plan.ts";
import type { Run } from "./run.ts";
import type { Layouts } from "../step/state-view.ts";
import { type Weights, hasEma, inferenceState } from "./weights.ts";

/** A checkpoint of a run: the newest one, the best one by a held-out metric, or that of a step. */
export type CheckpointChoice = "last" | "best" | number;

/** Contents of a checkpoint of a run. */
export interface LoadedParameters {
  readonly checkpoint: Checkpoint;
  readonly state: Arrays;
  readonly model: Model;
  readonly layouts: Layouts;
  /** Properties of the run's data that a model depends on. */
  readonly info: DataInfo;
  /** Which parameters were asked for; null if the run has no EMA. */
  readonly weights: Weights | null;
  readonly recovered: readonly string[];
}

/** Reads the parameters of a checkpoint. @throws RunError when there is no such checkpoint, or it is damaged. */
export async function loadParameters(run: Run, weights: Weights, choice: CheckpointChoice): Promise<LoadedParameters> {
  const data = await readDataRecord(run.store);
  if (data === null) throw nothingSaved(run, run.recovered);
  const info = { ...data, items: data.train.size };
  const model = buildModel(run.configured, info);
  const layouts = layoutsOf(model, run.config.train.seed);
  const { checkpoint, state, passedOver } = await loaded(run, model, layouts, choice);
  if (checkpoint === null || state === null) {
    if (choice !== "last" && run.newest !== null) throw await noSuch(run, model, choice, passedOver);
    throw nothingSaved(run, [...run.recovered, ...passedOver], await bestStep(run.store));
  }
  const kept = hasEma(Object.keys(state)) ? weights : null;
  return { checkpoint, state, model, layouts, info, weights: kept, recovered: [...run.recovered, ...passedOver] };
}

/**
 * Parameters of a run's checkpoint, to initialise another run: the EMA if there is one, with running statistics.
 * @param folder Name of the run for the config of the new one.
 * @throws RunError when it has no checkpoint.
 */
export async function parametersOfRun(
  run: Run,
  folder: string,
  choice: CheckpointChoice = "last",
): Promise<InitialParameters> {
  const { checkpoint, state, layouts, weights } = await loadParameters(run, "ema", choice);
  const init = {
    run: folder,
    step: checkpoint.step,
    weights: weights ?? ("last" as const),
    sha256: checkpoint.sha256["params.safetensors"],
  };
  return { init, values: inferenceState(state, "ema"), layouts };
}

async function loaded(
  { store }: Run,
  model: Model,
  layouts: Layouts,
  choice: CheckpointChoice,
): Promise<LoadedCheckpoint> {
  if (choice === "last") return loadNewest(store, model, layouts);
  if (choice === "best") return loadNewest(store, model, layouts, checkpointFolders.best);
  const checkpoint = (await listAll(store)).find(({ step }) => step === choice) ?? null;
  const state = checkpoint === null ? null : await loadCheckpoint(store, checkpoint, model, layouts);
  return { checkpoint, state, passedOver: [] };
}

/** Step of the best checkpoint; undefined if there is none. */
async function bestStep(store: Store): Promise<number | undefined> {
  return (await listCheckpoints(store, checkpointFolders.best)).at(-1)?.step;
}

/** The newest checkpoints and the best ones. */
async function listAll(store: Store): Promise<Checkpoint[]> {
  const folders = Object.values(checkpointFolders);
  return (await Promise.all(folders.map((folder) => listCheckpoints(store, folder)))).flat();
}

async function noSuch(
  { store, config }: Run,
  model: Model,
  choice: CheckpointChoice,
  passedOver: readonly string[],
): Promise<RunError> {
  const steps = [...new Set((await listAll(store)).map(({ step }) => step))].toSorted((a, b) => a - b);
  const others = `the run has ${steps.length === 1 ? "a checkpoint of step" : "checkpoints of steps"} ${steps.join(", ")}`;
  if (passedOver.length > 0)
    return new RunError(`the ${choice} checkpoint must be intact - ${passedOver.join("; ")}`, others);
  if (choice !== "best") return new RunError(`the run has no checkpoint of step ${choice}`, others);
  return new RunError(`the run has no best checkpoint: ${await whyNoBest(store, config, model)}`, others);
}

async function whyNoBest(store: Store, { recipe }: RunConfig, { bestBy }: Model): Promise<string> {
  if (bestBy === undefined) return `${recipe} computes no metric on held-out items of such data during training`;
  const folder = checkpointFolders.best;
  const { broken } = await surveyCheckpoints(store, folder);
  if (broken.length > 0) return broken.map(({ reason }) => reason).join("; ");
  const [foreign] = await store.list(folder);
  if (foreign !== undefined) return `${foreign} has been moved from where zaya saved it, ${folder}/STEP/`;
  return `${bestBy.scalar} was not evaluated on held-out items, or ${folder}/ was removed since`;
}

function nothingSaved({ state }: Run, damaged: readonly string[] = [], best?: number): RunError {
  const otherwise =
    best === undefined
      ? "or train it again from its config.json"
      : `or use the best one, of step ${best}: --checkpoint best`;
  return new RunError(
    `the run has no ${damaged.length === 0 ? "checkpoint" : `undamaged checkpoint: ${damaged.join("; ")}`}`,
    state.saved === 0
      ? "no checkpoint has been saved yet; continue: zaya resume RUN"
      : `restore its folder checkpoints/, ${otherwise}`,
  );
}
