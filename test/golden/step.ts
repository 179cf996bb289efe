import { type NdArray, type Shape, castTo, ndarray, sizeOf } from "../../src/base/ndarray.ts";
import { key } from "../../src/base/random.ts";
import { flatten } from "../../src/base/tree.ts";
import type { Model } from "../../src/models/index.ts";
import type { Layer } from "../../src/nn/index.ts";
import type { Optimizer, Schedule } from "../../src/optim/index.ts";
import type { Arrays, Engine } from "../../src/runtime/index.ts";
import { type Layout, layoutOf } from "../../src/step/layout.ts";
import { stateNames } from "../../src/step/state-view.ts";
import { type Traced, batchName, traceStep } from "../../src/step/trace.ts";
import { inOurLayout, parameterForm } from "./golden.ts";

type Params = ReadonlyMap<string, NdArray<"float64">>;

export interface StepsRequest {
  readonly model: Model;
  /** Parameters of each net by their paths, in float64, so that the reference is not computed from rounded ones. */
  readonly params: Readonly<Record<string, Params>>;
  /** The batches of each step, one a turn. */
  readonly batches: readonly (readonly NdArray[])[];
  readonly rate: Schedule;
  /** Steps made before; 0 where not given. */
  readonly done?: number;
  /** Moments by their names in the state, where they are not the first ones. */
  readonly moments?: Arrays;
  /** What to feed for each declared noise. */
  noise(name: string, shape: Shape, step: number): NdArray;
}

/** The outputs of every training step, and the state that the last one leaves. */
export interface StepsResult {
  readonly outputs: readonly Arrays[];
  readonly state: Arrays;
}

/** Makes whole training steps of a model on an engine, as the trainer would. */
export async function runSteps(engine: Engine, request: StepsRequest): Promise<StepsResult> {
  const { model, params, batches, rate, done = 0 } = request;
  const layouts = Object.fromEntries(Object.entries(params).map(([net, values]) => [net, layoutOf(values as never)]));
  const initial: Record<string, NdArray> = {};
  for (const [net, layer] of Object.entries(model.nets)) {
    initial[stateNames.params(net)] = vectorOf(params[net]!, layouts[net]!);
    for (const [path, value] of flatten(layer.stats ?? {})) initial[stateNames.stat(net, path)] = value;
  }
  const slots = new Map<string, readonly string[]>();
  for (const step of model.steps) {
    for (const net of step.updates) {
      const values = step.optimizer(rate, net).init(castTo(initial[stateNames.params(net)]!, "float32"));
      slots.set(`${step.name}/${net}`, Object.keys(values));
      for (const [slot, value] of Object.entries(values)) initial[stateNames.slot(step.name, net, slot)] = value;
    }
  }
  const slotNames = (step: string, net: string) => slots.get(`${step}/${net}`)!;
  const traced = traceStep({ model, layouts, batch: batches[0]![0]!.shape, rate, slotNames });
  const compiled = await engine.compile(traced.program);
  const state = engine.createState({ ...initial, ...request.moments });
  const outputs: Arrays[] = [];
  for (const [step, turns] of batches.entries()) {
    const feeds = Object.fromEntries(turns.map((batch, turn) => [batchName(turn), batch]));
    outputs.push(await compiled.run({ ...feeds, ...declaredFeeds(traced, request, done, step) }, state));
  }
  await compiled.release();
  const result = { outputs, state: await state.read() };
  state.dispose();
  return result;
}

export interface StepRequest extends Pick<StepsRequest, "model" | "params"> {
  readonly batch: NdArray;
  readonly rate: number;
  noise(name: string, shape: Shape): NdArray;
}

/** Only the first step of a training run. */
export async function runStep(
  engine: Engine,
  { batch, rate, ...request }: StepRequest,
): Promise<{ readonly outputs: Arrays; readonly state: Arrays }> {
  const { outputs, state } = await runSteps(engine, { ...request, batches: [[batch]], rate: () => rate });
  return { outputs: outputs[0]!, state };
}

function declaredFeeds({ declared }: Traced, { noise }: StepsRequest, done: number, step: number): Arrays {
  return Object.fromEntries(
    [...declared].map(([name, want]): [string, NdArray] => {
      if (want.kind === "labels") throw new Error(`there are no labels for ${name} here`);
      if (want.kind !== "scalar") return [name, noise(name, want.shape, step)];
      return [name, ndarray("float64", [], Float64Array.of(want.at(done + step, Infinity)))];
    }),
  );
}

/** PyTorch's values of a net under our paths: the names of layers are their places in both, those of norms differ. */
export function port(
  net: Layer,
  values: Readonly<Record<string, NdArray<"float64">>>,
): Map<string, NdArray<"float64">> {
  const own = flatten(net.init(key(0)));
  const entries = Object.entries(values).map(([name, value]): [string, NdArray<"float64">] => {
    const path = own.has(name) ? name : name.replace("weight", "scale").replace("bias", "shift");
    return [path, inOurLayout(value, parameterForm(value))];
  });
  const found = new Map(entries);
  const missing = [...own].find(([path, { shape }]) => found.get(path)?.shape.join() !== shape.join());
  if (missing !== undefined || found.size !== own.size) throw new Error(`no value for ${missing?.[0] ?? "a name"}`);
  return new Map([...own.keys()].map((path) => [path, found.get(path)!]));
}

/** A model whose optimizers also keep the gradients they were given, in the slot `gradient`. */
export function watched(model: Model): Model {
  const steps = model.steps.map((step) => ({
    ...step,
    optimizer: (rate: Schedule, net: string) => watchedOptimizer(step.optimizer(rate, net)),
  }));
  return { ...model, steps };
}

function watchedOptimizer(inner: Optimizer): Optimizer {
  return {
    init: (params) => ({ ...inner.init(params), gradient: params }),
    update: (params, grads, { gradient: _, ...slots }, scalar) => {
      const next = inner.update(params, grads, slots, scalar);
      return { params: next.params, slots: { ...next.slots, gradient: grads } };
    },
  };
}

export function vectorOf(values: Params, { size, entries }: Layout): NdArray<"float64"> {
  const data = new Float64Array(size);
  for (const { path, offset } of entries) data.set(values.get(path)!.data, offset);
  return ndarray("float64", [size], data);
}

/** The parts of a net's vector by their paths. */
export function partsOf(vector: NdArray, values: Params): Map<string, NdArray> {
  const { entries } = layoutOf(values as never);
  return new Map(
    entries.map(({ path, shape, offset }) => [
      path,
      ndarray("float64", shape, Float64Array.from(vector.data.subarray(offset, offset + sizeOf(shape)))),
    ]),
  );
}
