import { z } from "zod";

import { RunError } from "../base/errors.ts";
import { countEntry, encodeJson, encodeText, parseJson, parseRecord, textEntry } from "../base/json.ts";
import { type NdArray, type Shape, formatShape, zeros } from "../base/ndarray.ts";
import { Sha256 } from "../base/sha256.ts";
import type { Store } from "../base/store.ts";
import { flatten } from "../base/tree.ts";
import { decodeSafetensors, encodeSafetensors } from "../codec/safetensors.ts";
import type { Model } from "../models/index.ts";
import type { Arrays } from "../runtime/index.ts";
import { type Layout, inward, outward, ravel, unravel } from "../step/layout.ts";
import { type Layouts, stateEntry, stateNames } from "../step/state-view.ts";

// A checkpoint is a folder: params.safetensors (parameters and running statistics by dotted path, in PyTorch's axis
// order), optimizer.safetensors (optimizer state), state.json (name, step, the run's record, and a digest of each
// file). state.json is written last: a folder without it is left over from an interrupted save. Folders and files with
// other names, or whose state gives another name, were not written by zaya and are left alone.

/** Folders of a run's checkpoints: the newest ones by step, and the best one by a held-out metric. */
export const checkpointFolders = { steps: "checkpoints", best: "checkpoints/best" } as const;
type Folder = (typeof checkpointFolders)[keyof typeof checkpointFolders];

const stateFile = "state.json";
const files = ["params.safetensors", "optimizer.safetensors"] as const;

const checkpointState = z.object({
  /** Name of its folder; not in checkpoints of earlier versions. */
  name: textEntry.optional(),
  step: countEntry,
  /** Digest of each file. */
  sha256: z.record(z.enum(files), textEntry),
  bytes: z.record(z.enum(files), countEntry).optional(),
  /** The run's record at that time. */
  run: z.record(z.string(), z.unknown()).optional(),
  /** SHA-256 of all of the above. */
  digest: textEntry.optional(),
});

/** A checkpoint written by zaya, with all its files in full length. */
export interface Checkpoint {
  readonly folder: Folder;
  /** Name of its folder: the step in six digits or more. */
  readonly name: string;
  readonly step: number;
  readonly sha256: Readonly<Record<(typeof files)[number], string>>;
  /** The run's record at that time; null in checkpoints of earlier versions. */
  readonly run: Readonly<Record<string, unknown>> | null;
}

/** Folder name of the checkpoint of a step. */
export function nameOfStep(step: number): string {
  return String(step).padStart(6, "0");
}

/** The complete checkpoints of a folder, in ascending order of steps. */
export async function listCheckpoints(
  store: Store,
  folder: Folder = checkpointFolders.steps,
): Promise<readonly Checkpoint[]> {
  return (await surveyCheckpoints(store, folder)).whole;
}

/** Checkpoints written by zaya, in ascending order of steps. */
export interface CheckpointSurvey {
  readonly whole: readonly Checkpoint[];
  /** Incomplete ones, with the reason. */
  readonly broken: readonly BrokenCheckpoint[];
}

/** A checkpoint that cannot be read, and why. */
export interface BrokenCheckpoint {
  readonly step: number;
  /** Whether it may be left over from an interrupted save, because it has no state. */
  readonly begun: boolean;
  readonly reason: string;
}

/** The contents of a folder of checkpoints, judging by file names and lengths. */
export async function surveyCheckpoints(
  store: Store,
  folder: Folder = checkpointFolders.steps,
): Promise<CheckpointSurvey> {
  const paths = await partsUnder(store, folder);
  const names = [...new Set(paths.filter(({ length }) => length === 2).map(([name]) => name!))].filter(isStepName);
  const found = await Promise.all(names.map((name) => readState(store, folder, name)));
  const byStep = <T extends { readonly step: number }>(all: T[]): T[] => all.toSorted((a, b) => a.step - b.step);
  return {
    whole: byStep(found.filter((one): one is Checkpoint => one !== null && "name" in one)),
    broken: byStep(found.filter((one): one is BrokenCheckpoint => one !== null && "reason" in one)),
  };
}

/** Paths of the files in a folder, relative to it. */
async function partsUnder(store: Store, folder: Folder): Promise<string[][]> {
  return (await store.list(folder)).map((path) => path.slice(folder.length + 1).split("/"));
}

function isStepName(name: string): boolean {
  return /^\d{6,}$/.test(name) && nameOfStep(Number(name)) === name;
}

/** Null if the state in a folder has another name: the folder is a user's copy. */
async function readState(store: Store, folder: Folder, name: string): Promise<Checkpoint | BrokenCheckpoint | null> {
  const path = `${folder}/${name}/${stateFile}`;
  const step = Number(name);
  if (!(await store.has(path))) return { step, begun: true, reason: `${path} is missing` };
  const broken = (reason: string): BrokenCheckpoint => ({ step, begun: false, reason });
  let state: z.output<typeof checkpointState>;
  try {
    const raw = parseJson(await store.read(path), path);
    state = parseRecord(checkpointState, raw, path);
    const { digest: recordedDigest, ...rest } = raw as Record<string, unknown>;
    if (recordedDigest !== undefined && recordedDigest !== digest(encodeText(JSON.stringify(rest)))) {
      return broken(`${path}: was changed after it was saved (its SHA-256 differs)`);
    }
  } catch (error) {
    // The process that trains the run may have removed it in the meantime.
    if (error instanceof RunError) return broken(error.message);
    throw error;
  }
  if ((state.name ?? nameOfStep(state.step)) !== name || state.step !== step) return null;
  for (const file of files) {
    const size = await store.size(`${folder}/${name}/${file}`);
    const saved = state.bytes?.[file];
    if (size === null) return broken(`${folder}/${name}/${file} is missing`);
    if (saved !== undefined && size !== saved) {
      return broken(`${folder}/${name}/${file}: must have the ${saved} bytes that were saved - got ${size}`);
    }
  }
  return { folder, name, step, sha256: state.sha256, run: state.run ?? null };
}

/** A checkpoint with its arrays; null if there is none. */
export interface LoadedCheckpoint {
  readonly checkpoint: Checkpoint | null;
  readonly state: Arrays | null;
  /** Descriptions of newer checkpoints that are damaged. */
  readonly passedOver: readonly string[];
}

/** The newest checkpoint with intact files. @throws RunError when it belongs to another model. */
export async function loadNewest(
  store: Store,
  model: Model,
  layouts: Layouts,
  folder: Folder = checkpointFolders.steps,
): Promise<LoadedCheckpoint> {
  const passedOver: string[] = [];
  const listed = await listCheckpoints(store, folder);
  for (const checkpoint of listed.toReversed()) {
    try {
      return { checkpoint, state: await loadCheckpoint(store, checkpoint, model, layouts), passedOver };
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      passedOver.push(error.message);
    }
  }
  // The process that trains the run may have replaced all of them in the meantime.
  const now = await listCheckpoints(store, folder);
  if (now.some(({ name }) => listed.every((known) => known.name !== name)))
    return loadNewest(store, model, layouts, folder);
  return { checkpoint: null, state: null, passedOver };
}

/** Contents of a checkpoint in addition to arrays. */
export interface CheckpointFacts {
  readonly step: number;
  /** The run's record. */
  readonly run: Readonly<Record<string, unknown>>;
}

/**
 * Writes a checkpoint and removes the older ones of its folder except the newest `keep`. @throws RunError when a file
 * that zaya did not write is in its place.
 */
export async function saveCheckpoint(
  store: Store,
  { step, run }: CheckpointFacts,
  state: Arrays,
  layouts: Layouts,
  keep: number,
  folder: Folder = checkpointFolders.steps,
): Promise<void> {
  const name = nameOfStep(step);
  await requirePlaces(store, (due) => due === step, folder);
  const { params, optimizer } = describeState(state, layouts);
  const contents = {
    "params.safetensors": encodeSafetensors(params),
    "optimizer.safetensors": encodeSafetensors(optimizer),
  };
  const ofEach = <T>(about: (bytes: Uint8Array) => T): Record<string, T> =>
    Object.fromEntries(Object.entries(contents).map(([file, bytes]) => [file, about(bytes)]));
  const facts = { name, step, sha256: ofEach(digest), bytes: ofEach(({ length }) => length), run };
  const signed = { ...facts, digest: digest(encodeText(JSON.stringify(facts))) };
  try {
    for (const [file, bytes] of Object.entries(contents)) await store.write(`${folder}/${name}/${file}`, bytes);
    await store.write(`${folder}/${name}/${stateFile}`, encodeJson(signed));
  } catch (error) {
    await removeCheckpoint(store, { folder, name }).catch(() => undefined);
    throw error;
  }
  const older = (await listCheckpoints(store, folder)).filter((known) => known.step < step);
  for (const old of keep === 1 ? older : older.slice(0, 1 - keep)) await removeCheckpoint(store, old);
}

/** Removes only files that zaya wrote there, the state first, so that the remainder is never taken for a checkpoint. */
export async function removeCheckpoint(
  store: Store,
  { folder, name }: Pick<Checkpoint, "folder" | "name">,
): Promise<void> {
  for (const file of [stateFile, ...files]) await store.remove(`${folder}/${name}/${file}`);
}

/**
 * Checks that no file of the user, or copy of another checkpoint, is where a checkpoint will be saved. @param due
 * Whether the run will save at a step. @throws RunError
 * naming the file or folder.
 */
export async function requirePlaces(
  store: Store,
  due: (step: number) => boolean,
  folder: Folder = checkpointFolders.steps,
): Promise<void> {
  for (const [name, file] of (await partsUnder(store, folder)) as [string, string?][]) {
    if (!isStepName(name) || !due(Number(name))) continue;
    const own = file === undefined ? false : file !== stateFile || (await statesName(store, folder, name));
    if (own) continue;
    throw new RunError(
      `${folder}/${name}: must be free for the checkpoint of that step - got a file that zaya did not write`,
      `move it out of ${folder}/, then continue: zaya resume RUN`,
    );
  }
}

/** Whether a state names the folder that it is in, as far as it can be read. */
async function statesName(store: Store, folder: Folder, name: string): Promise<boolean> {
  try {
    const state = parseJson(await store.read(`${folder}/${name}/${stateFile}`), stateFile) as CheckpointFacts;
    return typeof state.step !== "number" || nameOfStep(state.step) === name;
  } catch {
    return true;
  }
}

class DamagedError extends RunError {}

/** The state in a checkpoint. @throws RunError naming the file that is missing or damaged. */
export async function loadCheckpoint(
  store: Store,
  checkpoint: Checkpoint,
  model: Model,
  layouts: Layouts,
): Promise<Arrays> {
  const [params, optimizer] = [
    await readArrays(store, checkpoint, "params.safetensors"),
    await readArrays(store, checkpoint, "optimizer.safetensors"),
  ];
  return restoreState(params, optimizer, model, layouts);
}

/** @throws DamagedError when the file is missing, damaged or not the one that was saved. */
async function readArrays(
  store: Store,
  { folder, name, sha256 }: Checkpoint,
  file: (typeof files)[number],
): Promise<Readonly<Record<string, NdArray>>> {
  const path = `${folder}/${name}/${file}`;
  const bytes = await store.read(path).catch((error: Error) => {
    throw new DamagedError(`${path}: must be readable - ${error.message}`);
  });
  if (digest(bytes) !== sha256[file]) {
    throw new DamagedError(`${path}: was changed after it was saved (its SHA-256 differs)`);
  }
  return decodeSafetensors(bytes, path).tensors;
}

/** Whether the files of a checkpoint have the bytes that were saved. @throws RunError when one cannot be decoded. */
export async function isIntact(store: Store, checkpoint: Checkpoint): Promise<boolean> {
  try {
    for (const file of files) await readArrays(store, checkpoint, file);
    return true;
  } catch (error) {
    if (error instanceof DamagedError) return false;
    throw error;
  }
}

/**
 * Step of the newest checkpoint with intact files; if there is none, removes the damaged ones.
 * @throws RunError when a checkpoint belongs to another model.
 */
export async function keepIntact(store: Store): Promise<number | null> {
  const { whole, broken } = await surveyCheckpoints(store);
  for (const checkpoint of whole.toReversed()) {
    if (await isIntact(store, checkpoint)) return checkpoint.step;
  }
  const saved = [...whole, ...broken.filter(({ begun }) => !begun)];
  for (const { step } of saved) {
    await removeCheckpoint(store, { folder: checkpointFolders.steps, name: nameOfStep(step) });
  }
  return null;
}

function digest(bytes: Uint8Array): string {
  return new Sha256().update(bytes).hex();
}

type Named = Record<string, NdArray>;

/** The vectors of a state as named arrays in PyTorch's axis order. */
function describeState(state: Arrays, layouts: Layouts): { params: Named; optimizer: Named } {
  const params: Named = {};
  const optimizer: Named = {};
  for (const [name, value] of Object.entries(state)) {
    const entry = stateEntry(name);
    if (entry.kind === "stat") {
      params[`${entry.net}.${entry.path}`] = value;
      continue;
    }
    const [target, prefix] = entry.kind === "params" ? [params, ""] : [optimizer, slotPrefix(entry.step, entry.slot)];
    for (const [path, part] of unravel(value as NdArray<"float32">, layouts[entry.net]!)) {
      target[`${prefix}${entry.net}.${path}`] = outward(part);
    }
  }
  return { params, optimizer };
}

/** Prefix of an optimizer state in its file: the step and the slot, before the parameter's name. */
function slotPrefix(step: string, slot: string): string {
  return `${step}.${slot}.`;
}

function restoreState(params: Readonly<Named>, optimizer: Readonly<Named>, model: Model, layouts: Layouts): Arrays {
  const state: Record<string, NdArray> = {};
  for (const [net, { stats = {} }] of Object.entries(model.nets)) {
    state[stateNames.params(net)] = gather(params, `${net}.`, layouts[net]!);
    for (const [path, { shape }] of flatten(stats)) {
      state[stateNames.stat(net, path)] = held(params, `${net}.${path}`, shape);
    }
  }
  for (const step of model.steps) {
    for (const net of step.updates) {
      for (const slot of Object.keys(step.optimizer(() => 0, net).init(zeros([0])))) {
        const prefix = `${slotPrefix(step.name, slot)}${net}.`;
        state[stateNames.slot(step.name, net, slot)] = gather(optimizer, prefix, layouts[net]!);
      }
    }
  }
  return state;
}

function gather(named: Readonly<Named>, prefix: string, layout: Layout): NdArray<"float32"> {
  return ravel(
    new Map(layout.entries.map(({ path, shape }) => [path, held(named, `${prefix}${path}`, shape, inward)] as const)),
  );
}

type Ordered = (value: NdArray<"float32">) => NdArray<"float32">;

/** An array of a checkpoint in the internal axis order. @throws RunError when it is missing or has another shape. */
function held(named: Readonly<Named>, name: string, shape: Shape, ordered: Ordered = (value) => value) {
  const value = named[name];
  if (value === undefined) {
    throw new RunError(`the checkpoint lacks ${name}`, "was it saved by another model or version?");
  }
  const inside = ordered(value as NdArray<"float32">);
  if (inside.shape.join() === shape.join()) return inside;
  throw new RunError(`${name} of the checkpoint must be ${formatShape(shape)} - got ${formatShape(inside.shape)}`);
}
