import { ShapeError } from "../base/errors.ts";
import { deadUnits, gradientNorm, lossScalar, stepScalar } from "../base/scalar-names.ts";
import { type Shape, formatShape } from "../base/ndarray.ts";
import { maxOf } from "../base/many.ts";
import { range } from "../base/range.ts";
import { grad } from "../autodiff/index.ts";
import type { Batch } from "../data/index.ts";
import { type Tensor, input } from "../graph/tensor.ts";
import type { Model, Scope, TrainStep } from "../models/index.ts";
import { cast, div, max, reshape, sqrt, square, sum } from "../ops/index.ts";
import type { Schedule } from "../optim/index.ts";
import type { Arrays, Program } from "../runtime/index.ts";
import type { Declared } from "./feeds.ts";
import { type Layouts, StateView, stateNames } from "./state-view.ts";
import { Optimizers, Place, StepPlace, type Tracing, newTracing } from "./step-scope.ts";

/** A graph, with the inputs that the host must feed. */
export interface Traced {
  readonly program: Program;
  readonly declared: ReadonlyMap<string, Declared>;
}

export interface StepOptions {
  readonly model: Model;
  readonly layouts: Layouts;
  /** Shape of a batch, [n, ...]. */
  readonly batch: Shape;
  /** Type of the fed batches; a byte b stands for b / 255. Default: float32. */
  readonly batchType?: Batch["dtype"];
  readonly rate: Schedule;
  /** Names of the optimizer slots of each step and net. */
  readonly slotNames: (step: string, net: string) => readonly string[];
}

/** The items of the batch of an update. */
function batchOf({ batch, batchType = "float32" }: Pick<StepOptions, "batch" | "batchType">, update: number): Tensor {
  const fed = input(batchName(update), batch, batchType);
  return batchType === "uint8" ? div(cast(fed, "float32"), 255) : fed;
}

/** Name of the input that holds the batch of an update within a step. */
export function batchName(update: number): string {
  return `batch/${update}`;
}

function optimizersOf(tracing: Tracing, { model, rate, slotNames }: StepOptions): Optimizers {
  return new Optimizers(tracing, model.steps, (step, net) => step.optimizer(rateOfUpdates(rate, step), net), slotNames);
}

/**
 * Learning rate by the number of updates of a step. The run's schedule is a function of the model's step, which may contain
 * several updates.
 */
function rateOfUpdates(rate: Schedule, { repeat = 1 }: TrainStep): Schedule {
  return (count) => rate(Math.floor(count / repeat));
}

/** Number of batches that one step of the model takes. */
export function batchesPerStep(model: Model): number {
  return maxOf(model.steps.map((step) => step.repeat ?? 1));
}

/**
 * Traces one training step of a model as a single graph: loss, gradient and optimizer of each of its steps, in order.
 * @throws ShapeError when a step logs other scalars than it declares, or its loss is not a scalar.
 */
export function traceStep(options: StepOptions): Traced {
  const { model, layouts, batch } = options;
  const state = new StateView(null);
  const tracing = newTracing({ model, layouts, state, training: true, items: batch[0]! });
  const optimizers = optimizersOf(tracing, options);
  const outputs: Record<string, Tensor> = {};
  for (const step of model.steps) {
    for (let update = 0; update < (step.repeat ?? 1); update++) {
      const scope = new StepPlace(tracing, update, optimizers);
      const { loss, logs = {} } = step.loss(batchOf(options, update), scope);
      if (loss.shape.length !== 0)
        throw new ShapeError(`${step.name}: the loss must be a scalar - got ${formatShape(loss.shape)}`);
      requireDeclared(step, logs);
      optimizers.apply(step, loss, update);
      outputs[stepScalar.name({ step: step.name, scalar: lossScalar })] = loss;
      for (const [name, value] of Object.entries(logs)) {
        outputs[stepScalar.name({ step: step.name, scalar: name })] = value;
      }
    }
  }
  return { program: { outputs, updates: Object.fromEntries(state.updated) }, declared: tracing.declared };
}

/**
 * @throws ShapeError when a step logs other scalars than it declares: consumers of the declared names would find some missing.
 */
function requireDeclared({ name, scalars }: TrainStep, logs: Readonly<Record<string, unknown>>): void {
  if (scalars === undefined) return;
  const [declared, logged] = [[...scalars].toSorted(), Object.keys(logs).toSorted()];
  if (declared.join() === logged.join()) return;
  throw new ShapeError(
    `${name}: a step must log the scalars that it declares, ${declared.join(", ") || "none"} - got ${logged.join(", ") || "none"}`,
    `scalars: [${logged.map((scalar) => JSON.stringify(scalar)).join(", ")}]`,
  );
}

/** Gradients of one step's loss, one vector per net that it trains: the input of its optimizer. Nothing is updated. */
export function traceGradients(options: Omit<StepOptions, "rate" | "slotNames">, step: TrainStep): Traced {
  const { model, layouts, batch } = options;
  const state = new StateView(null);
  const tracing = newTracing({ model, layouts, state, training: true, items: batch[0]! });
  const none = (): never => {
    throw new ShapeError(`gradients: the loss of ${step.name} must not go through an optimizer`);
  };
  const scope = new StepPlace(tracing, 0, new Optimizers(tracing, model.steps, none, () => []));
  const { loss } = step.loss(input(batchName(0), batch), scope);
  const vectors = step.updates.map((net) => state.get(stateNames.params(net), [layouts[net]!.size]));
  const gradients = grad(loss, vectors);
  const outputs = Object.fromEntries(step.updates.map((net, i) => [net, gradients[i]!]));
  return { program: { outputs }, declared: tracing.declared };
}

/** Number of groups that a batch is cut into, if it can be cut evenly, for jackknife standard errors. */
const maxGroups = 8;

/**
 * Gradient norms of a model's steps on one batch, `gradient/STEP/NET` (Euclidean, without an update), and the units of
 * its ReLU layers, as in `traceUnits`.
 */
export function traceHealth(options: StepOptions): Traced {
  return traceObserved(options, true);
}

/**
 * Units (channels, for images) of the hidden ReLU layers on one batch, `dead/NET/layer1` and so on: the largest
 * pre-activation of each unit in each group of items, [groups, units].
 */
export function traceUnits(options: StepOptions): Traced {
  return traceObserved(options, false);
}

function traceObserved(options: StepOptions, gradients: boolean): Traced {
  const { model, layouts, batch } = options;
  const state = new StateView(null);
  const observed = new Map<string, Tensor>();
  const tracing = newTracing({ model, layouts, state, training: true, items: batch[0]!, observed });
  const optimizers = optimizersOf(tracing, options);
  const outputs: Record<string, Tensor> = {};
  for (const step of model.steps) {
    const { loss } = step.loss(batchOf(options, 0), new StepPlace(tracing, 0, optimizers));
    if (!gradients) continue;
    const vectors = step.updates.map((net) => state.get(stateNames.params(net), [layouts[net]!.size]));
    grad(loss, vectors).forEach((gradient, i) => {
      outputs[gradientNorm.name({ step: step.name, net: step.updates[i]! })] = sqrt(sum(square(gradient)));
    });
  }
  for (const net of Object.keys(model.nets)) {
    const own = [...observed].filter(([path]) => path.startsWith(`${net}.`));
    own.forEach(([, value], i) => (outputs[deadUnits.name({ net, layer: `layer${i + 1}` })] = highestByGroup(value)));
  }
  return { program: { outputs }, declared: tracing.declared };
}

/** The largest value of each unit of [n, ..., units] in each group of items: [groups, units]. */
function highestByGroup(values: Tensor): Tensor {
  const [n, ...rest] = values.shape as [number, ...number[]];
  const groups = range(1, maxGroups + 1).findLast((count) => n % count === 0)!;
  const grouped = reshape(values, [groups, n / groups, ...rest]);
  return max(grouped, { axes: [...range(1, rest.length + 1)] });
}

export interface InferenceOptions {
  readonly model: Model;
  readonly layouts: Layouts;
  /** Parameters and statistics to embed as constants; read from the state at run time if not given. */
  readonly frozen?: Arrays;
  /** Number of items in a batch, for noise that belongs to items. */
  readonly items?: number;
}

/** Traces a graph over a trained model: no gradient, running statistics, no dropout. */
export function traceInference(
  { model, layouts, frozen, items }: InferenceOptions,
  body: (scope: Scope) => Readonly<Record<string, Tensor>>,
): Traced {
  const state = new StateView(frozen ?? null);
  const tracing = newTracing({ model, layouts, state, training: false, items: items ?? null });
  return { program: { outputs: body(new Place(tracing, [], "", new Map())) }, declared: tracing.declared };
}
