import { type NdArray, type Shape, castTo, ndarray, sizeOf } from "../../src/base/ndarray.ts";
import { flatten } from "../../src/base/tree.ts";
import type { Model } from "../../src/models/index.ts";
import type { Arrays, Engine } from "../../src/runtime/index.ts";
import { type Layout, layoutOf } from "../../src/train/layout.ts";
import { type Traced, batchName, stateNames, traceStep } from "../../src/train/trace.ts";

type Params = ReadonlyMap<string, NdArray<"float64">>;

export interface StepRequest {
  readonly model: Model;
  /** Parameters of each net by their paths, in float64: a judge should not meet rounded ones. */
  readonly params: Readonly<Record<string, Params>>;
  readonly batch: NdArray;
  readonly rate: number;
  /** What to feed for each declared noise. */
  noise(name: string, shape: Shape): NdArray;
}

/** The outputs of one training step, and the state that it leaves. */
export interface StepResult {
  readonly outputs: Arrays;
  readonly state: Arrays;
}

/** Makes one whole training step of a model on an engine, as the trainer would. */
export async function runStep(engine: Engine, request: StepRequest): Promise<StepResult> {
  const { model, params, batch, noise } = request;
  const rate = () => request.rate;
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
  const traced = traceStep({ model, layouts, batch: batch.shape, rate, slotNames });
  const compiled = await engine.compile(traced.program);
  const state = engine.createState(initial);
  const outputs = await compiled.run({ [batchName(0)]: batch, ...declaredFeeds(traced, noise) }, state);
  await compiled.release();
  const result = { outputs, state: await state.read() };
  state.dispose();
  return result;
}

function declaredFeeds({ declared }: Traced, noise: StepRequest["noise"]): Arrays {
  return Object.fromEntries(
    [...declared].map(([name, want]): [string, NdArray] => [
      name,
      want.kind === "scalar" ? ndarray("float64", [], Float64Array.of(want.at(0))) : noise(name, want.shape),
    ]),
  );
}

function vectorOf(values: Params, { size, entries }: Layout): NdArray<"float64"> {
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
