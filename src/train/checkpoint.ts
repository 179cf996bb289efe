import { RunError } from "../base/errors.ts";
import { type NdArray, type Shape, formatShape, zeros } from "../base/ndarray.ts";
import { Sha256 } from "../base/sha256.ts";
import type { Store } from "../base/store.ts";
import { flatten } from "../base/tree.ts";
import { decodeSafetensors, encodeSafetensors } from "../codec/safetensors.ts";
import type { Model } from "../models/index.ts";
import type { Arrays } from "../runtime/index.ts";
import { type Layout, inward, outward, ravel, unravel } from "./layout.ts";
import { type Layouts, stateNames } from "./state-view.ts";

// A checkpoint is a folder: params.safetensors (parameters and running statistics by their dotted paths, as PyTorch
// orders their axes), optimizer.safetensors (moments), state.json (the step, and a digest of each file). state.json is
// written last: a folder without it is what an interrupted save left, and is no checkpoint.

const folder = "checkpoints";
const stateFile = "state.json";

interface CheckpointState {
  readonly step: number;
  readonly sha256: Readonly<Record<string, string>>;
}

function nameOf(step: number): string {
  return `${folder}/${String(step).padStart(6, "0")}`;
}

/** Steps of the complete checkpoints, ascending. */
export async function listCheckpoints(store: Store): Promise<number[]> {
  const names = await store.list(folder);
  return names
    .filter((name) => name.endsWith(`/${stateFile}`))
    .map((name) => Number(name.split("/")[1]))
    .toSorted((a, b) => a - b);
}

/**
 * The step of the newest checkpoint; null when there is none.
 * @param recorded The last step that the run's record says was saved. What a save after it left unfinished is passed over.
 * @throws RunError when that checkpoint is there without its state.
 */
export async function newestCheckpoint(store: Store, recorded: number): Promise<number | null> {
  const steps = await listCheckpoints(store);
  const begun = (await store.list(folder)).map((name) => Number(name.split("/")[1]));
  const newest = steps.at(-1) ?? null;
  if ((newest ?? 0) < recorded && begun.includes(recorded)) {
    throw new RunError(
      `${nameOf(recorded)}/${stateFile}: a checkpoint must have its state - got none`,
      `remove ${nameOf(recorded)} to go on from an earlier checkpoint`,
    );
  }
  return newest;
}

/** Writes a checkpoint and removes all but the newest `keep`. */
export async function saveCheckpoint(
  store: Store,
  step: number,
  state: Arrays,
  layouts: Layouts,
  keep: number,
): Promise<void> {
  const { params, optimizer } = describeState(state, layouts);
  const files = {
    "params.safetensors": encodeSafetensors(params),
    "optimizer.safetensors": encodeSafetensors(optimizer),
  };
  const digests = Object.fromEntries(Object.entries(files).map(([file, bytes]) => [file, digest(bytes)]));
  const content: CheckpointState = { step, sha256: digests };
  try {
    for (const [file, bytes] of Object.entries(files)) await store.write(`${nameOf(step)}/${file}`, bytes);
    await store.write(`${nameOf(step)}/${stateFile}`, new TextEncoder().encode(JSON.stringify(content, null, 2)));
  } catch (error) {
    await store.remove(nameOf(step)).catch(() => undefined);
    throw error;
  }
  for (const old of (await listCheckpoints(store)).slice(0, -keep)) await store.remove(nameOf(old));
}

/** The state that a checkpoint holds. @throws RunError naming the file that is missing or damaged. */
export async function loadCheckpoint(store: Store, step: number, model: Model, layouts: Layouts): Promise<Arrays> {
  const state = await readState(store, step);
  const read = async (file: string): Promise<Readonly<Record<string, NdArray>>> => {
    const name = `${nameOf(step)}/${file}`;
    if (!(await store.has(name))) {
      throw new RunError(
        `${name}: a checkpoint must have this file - got none`,
        `remove ${nameOf(step)} to go on from an earlier checkpoint`,
      );
    }
    const bytes = await store.read(name);
    if (digest(bytes) !== state.sha256[file]) {
      throw new RunError(
        `${name}: its bytes must be those that were saved - got another SHA-256`,
        `remove ${nameOf(step)} to go on from an earlier checkpoint`,
      );
    }
    return decodeSafetensors(bytes, name).tensors;
  };
  return restoreState(await read("params.safetensors"), await read("optimizer.safetensors"), model, layouts);
}

async function readState(store: Store, step: number): Promise<CheckpointState> {
  const name = `${nameOf(step)}/${stateFile}`;
  const text = new TextDecoder().decode(await store.read(name));
  try {
    const state = JSON.parse(text) as CheckpointState;
    if (state.step === step && Object.values(state.sha256).every((entry) => typeof entry === "string")) return state;
  } catch {
    // Told below.
  }
  throw new RunError(
    `${name}: must hold step ${step} and a digest of each file - got ${JSON.stringify(text.slice(0, 40))}`,
    `remove ${nameOf(step)} to go on from an earlier checkpoint`,
  );
}

function digest(bytes: Uint8Array): string {
  return new Sha256().update(bytes).hex();
}

type Named = Record<string, NdArray>;

/** The vectors of a state as named arrays for others to read. */
function describeState(state: Arrays, layouts: Layouts): { params: Named; optimizer: Named } {
  const params: Named = {};
  const optimizer: Named = {};
  for (const [name, value] of Object.entries(state)) {
    const [kind, ...rest] = name.split("/") as [string, ...string[]];
    if (kind === "stats") params[rest[0]!] = value;
    else {
      const net = rest.at(-1)!;
      const [target, prefix] = kind === "params" ? [params, ""] : [optimizer, `${kind}.${rest[0]}.`];
      for (const [path, part] of unravel(value as NdArray<"float32">, layouts[net]!)) {
        target[`${prefix}${net}.${path}`] = outward(part);
      }
    }
  }
  return { params, optimizer };
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
        const prefix = `${step.name}.${slot}.${net}.`;
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

/** An array of a checkpoint, as it is inside. @throws RunError when it is missing, or has another shape. */
function held(named: Readonly<Named>, name: string, shape: Shape, ordered: Ordered = (value) => value) {
  const value = named[name];
  if (value === undefined) {
    throw new RunError(`checkpoint: must hold ${name} - got none`, "is it of another model or version?");
  }
  const inside = ordered(value as NdArray<"float32">);
  if (inside.shape.join() === shape.join()) return inside;
  throw new RunError(`checkpoint: ${name} must be ${formatShape(shape)} - got ${formatShape(inside.shape)}`);
}
