import { ShapeError, inScope } from "../base/errors.ts";
import { type NdArray, type Shape, formatShape } from "../base/ndarray.ts";
import { type Tree, flatten } from "../base/tree.ts";
import { grad } from "../autodiff/index.ts";
import { type Tensor, constant, input } from "../graph/tensor.ts";
import type { Model, Net, Nets, Scope, StepScope, TrainStep, UnrolledOptimizer } from "../models/index.ts";
import type { NoiseKind } from "../nn/index.ts";
import {
  concat,
  max,
  mean,
  oneHot,
  reshape,
  sqrt,
  square,
  step as isPositive,
  stopGradient,
  sub,
  sum,
} from "../ops/index.ts";
import type { Optimizer, Schedule, ScalarInput, Slots } from "../optim/index.ts";
import type { Arrays, Program } from "../runtime/index.ts";
import type { Declared } from "./feeds.ts";
import { type Layout, unravelTensor } from "./layout.ts";

/** A graph with the list of what the host must feed it. */
export interface Traced {
  readonly program: Program;
  readonly declared: ReadonlyMap<string, Declared>;
}

/** Names of the tensors of a run's state. */
export const stateNames = {
  params: (net: string) => `params/${net}`,
  stat: (net: string, path: string) => `stats/${net}.${path}`,
  slot: (step: string, net: string, slot: string) => `${step}/${slot}/${net}`,
};

export type Layouts = Readonly<Record<string, Layout>>;

/** Values of the state as tensors of one graph: inputs until a step gives them a new value. */
class StateView {
  readonly updated = new Map<string, Tensor>();
  private readonly inputs = new Map<string, Tensor>();

  constructor(private readonly frozen: Arrays | null) {}

  get(name: string, shape: Shape): Tensor {
    const known = this.updated.get(name) ?? this.inputs.get(name);
    if (known !== undefined) return known;
    const value = this.frozen?.[name];
    const tensor = value === undefined ? input(name, shape) : constant(value as NdArray<"float32">);
    this.inputs.set(name, tensor);
    return tensor;
  }

  /** To later steps a new value is a number: no gradient flows back through the step that made it. */
  set(name: string, value: Tensor): void {
    this.updated.set(name, stopGradient(value));
  }
}

interface Tracing {
  readonly model: Model;
  readonly layouts: Layouts;
  readonly state: StateView;
  readonly declared: Map<string, Declared>;
  readonly training: boolean;
  readonly items: number | null;
  /** Where values shown by layers are kept, by the path of their layer. */
  readonly observed?: Map<string, Tensor>;
  /** What steps have left for those after them. */
  readonly carried: Map<string, Tensor>;
  /** Nets are tried with other parameters: the running statistics that they leave are forgotten. */
  readonly trying?: boolean;
}

/** The context of one place in the model: a path, and how often each name was asked for there. */
class Place implements Scope {
  constructor(
    protected readonly tracing: Tracing,
    protected readonly path: readonly string[],
    private readonly suffix: string,
    protected readonly asked: Map<string, number>,
  ) {}

  get training(): boolean {
    return this.tracing.training;
  }

  get nets(): Nets {
    const { model } = this.tracing;
    return Object.fromEntries(Object.keys(model.nets).map((net) => [net, this.net(net)]));
  }

  at(part: string): Place {
    return new Place(this.tracing, [...this.path, part], this.suffix, this.asked);
  }

  noise(name: string, kind: NoiseKind, shape: Shape): Tensor {
    return this.declare(this.unique(name), { kind, shape }, shape);
  }

  itemNoise(name: string, shape: Shape): Tensor {
    const { items } = this.tracing;
    if (items === null) throw new ShapeError(`itemNoise: "${name}" needs a batch of known items`);
    // The same for every use within a step: it belongs to the item, not to the place.
    return this.declare([...this.path, name].join("."), { kind: "items", shape: [items, ...shape] }, [items, ...shape]);
  }

  scalar(name: string, at: (step: number, steps: number) => number): Tensor {
    return this.declare([...this.path, name].join(".") + this.suffix, { kind: "scalar", at }, []);
  }

  stat(name: string): Tensor {
    const [net, ...path] = this.path;
    const initial = flatten(this.tracing.model.nets[net!]!.stats ?? {}).get([...path, name].join("."));
    if (initial === undefined)
      throw new ShapeError(`stat: ${[...this.path, name].join(".")} was not declared by its layer`);
    return this.tracing.state.get(this.statName(name), initial.shape);
  }

  updateStat(name: string, value: Tensor): void {
    if (this.tracing.trying !== true) this.tracing.state.set(this.statName(name), value);
  }

  /** The first use of a net's part is the one that is kept: on real and generated items together, or on real ones. */
  observe(name: string, value: Tensor): void {
    const path = [...this.path, name].join(".");
    const { observed } = this.tracing;
    if (observed !== undefined && !observed.has(path)) observed.set(path, value);
  }

  private statName(name: string): string {
    const [net, ...path] = this.path;
    return stateNames.stat(net!, [...path, name].join("."));
  }

  private net(name: string): Net {
    const { model, layouts, state } = this.tracing;
    const layout = layouts[name]!;
    const netAt = (place: Place, params: Tree<Tensor>): Net => {
      const call = (x: Tensor): Tensor => inScope(name, () => model.nets[name]!.apply(params, x, place.at(name)));
      return Object.assign(call, { params, with: (others: Tree<Tensor>) => netAt(this.trying(), others) });
    };
    return netAt(this, unravelTensor(state.get(stateNames.params(name), [layout.size]), layout));
  }

  private trying(): Place {
    return new Place({ ...this.tracing, trying: true }, this.path, this.suffix, this.asked);
  }

  private unique(name: string): string {
    const path = [...this.path, name].join(".");
    const count = this.asked.get(path) ?? 0;
    this.asked.set(path, count + 1);
    return (count === 0 ? path : `${path}@${count}`) + this.suffix;
  }

  private declare(name: string, declared: Declared, shape: Shape): Tensor {
    this.tracing.declared.set(name, declared);
    return input(name, shape);
  }
}

class StepPlace extends Place implements StepScope {
  constructor(
    tracing: Tracing,
    private readonly turn: number,
    private readonly optimizers: Optimizers,
  ) {
    super(tracing, [], turn === 0 ? "" : `#${turn}`, new Map());
  }

  labels(classes: number): Tensor {
    const { turn, tracing } = this;
    const name = `labels/${turn}`;
    const shape = [tracing.items!];
    tracing.declared.set(name, { kind: "labels", shape, turn, classes });
    return oneHot(input(name, shape, "int32"), classes);
  }

  carry(name: string, make: () => Tensor): Tensor {
    const { turn, tracing } = this;
    const known = tracing.carried.get(`${name}#${turn}`);
    if (known !== undefined) return known;
    const value = make();
    tracing.carried.set(`${name}#${turn}`, stopGradient(value));
    return value;
  }

  optimizerOf(step: string, net: string): UnrolledOptimizer {
    return this.optimizers.unrolled(step, net);
  }
}

/** The optimizers of all steps, with their state inside the graph. */
class Optimizers {
  constructor(
    private readonly tracing: Tracing,
    private readonly steps: readonly TrainStep[],
    private readonly rule: (step: TrainStep, net: string) => Optimizer,
    private readonly slotNames: (step: string, net: string) => readonly string[],
  ) {}

  /** Moves the nets of a step against the gradient of its loss. */
  move(step: TrainStep, loss: Tensor, turn: number): void {
    const { state, layouts } = this.tracing;
    const vectors = step.updates.map((net) => state.get(stateNames.params(net), [layouts[net]!.size]));
    const gradients = grad(loss, vectors);
    step.updates.forEach((net, i) => {
      const result = this.rule(step, net).update(
        vectors[i]!,
        gradients[i]!,
        this.slots(step.name, net),
        this.scalars(step, net, turn),
      );
      state.set(stateNames.params(net), result.params);
      for (const [slot, value] of Object.entries(result.slots)) {
        state.set(stateNames.slot(step.name, net, slot), value);
      }
    });
  }

  unrolled(stepName: string, net: string): UnrolledOptimizer {
    const step = this.steps.find(({ name }) => name === stepName);
    const layout = this.tracing.layouts[net];
    if (step === undefined || layout === undefined)
      throw new ShapeError(`optimizerOf: no step "${stepName}" on a net "${net}"`);
    return {
      slots: this.slots(stepName, net),
      update: (params, grads, slots, ahead) => {
        const rule = this.rule(step, net);
        const result = rule.update(
          ravelTensor(params, layout),
          ravelTensor(grads, layout),
          slots,
          this.scalars(step, net, ahead),
        );
        return { params: unravelTensor(result.params, layout), slots: result.slots };
      },
    };
  }

  private slots(step: string, net: string): Slots<Tensor> {
    const { size } = this.tracing.layouts[net]!;
    const names = this.slotNames(step, net);
    return Object.fromEntries(
      names.map((slot) => [slot, this.tracing.state.get(stateNames.slot(step, net, slot), [size])]),
    );
  }

  /** Updates of a step are counted apart from the model's steps: a critic makes several of them in each. */
  private scalars(step: TrainStep, net: string, ahead: number): ScalarInput {
    const repeat = step.repeat ?? 1;
    return (name, at) => {
      const full = `${step.name}/${net}/${name}${ahead === 0 ? "" : `+${ahead}`}`;
      this.tracing.declared.set(full, { kind: "scalar", at: (count) => at(count * repeat + ahead) });
      return input(full, []);
    };
  }
}

function ravelTensor(params: Tree<Tensor>, layout: Layout): Tensor {
  const leaves = flatten(params);
  return concat(layout.entries.map(({ path }) => reshape(leaves.get(path)!, [-1])));
}

export interface StepOptions {
  readonly model: Model;
  readonly layouts: Layouts;
  /** Shape of a batch, [n, ...]. */
  readonly batch: Shape;
  readonly rate: Schedule;
  /** The slots of each step's optimizer on each net. */
  readonly slotNames: (step: string, net: string) => readonly string[];
}

/** Name of the input that holds the batch of a turn. */
export function batchName(turn: number): string {
  return `batch/${turn}`;
}

function optimizersOf(tracing: Tracing, { model, rate, slotNames }: StepOptions): Optimizers {
  return new Optimizers(tracing, model.steps, (step, net) => step.optimizer(rateOfUpdates(rate, step), net), slotNames);
}

/** The learning rate by a step's own updates: the run's is by steps of the model, each of which may hold several of them. */
function rateOfUpdates(rate: Schedule, { repeat = 1 }: TrainStep): Schedule {
  return (count) => rate(Math.floor(count / repeat));
}

/** How many batches one step of the model takes. */
export function batchesPerStep(model: Model): number {
  return Math.max(...model.steps.map((step) => step.repeat ?? 1));
}

/** One whole training step of a model as one graph: every player's loss, gradient and optimizer, in their order. */
export function traceStep(options: StepOptions): Traced {
  const { model, layouts, batch } = options;
  const state = new StateView(null);
  const tracing: Tracing = {
    model,
    layouts,
    state,
    declared: new Map(),
    carried: new Map(),
    training: true,
    items: batch[0]!,
  };
  const optimizers = optimizersOf(tracing, options);
  const outputs: Record<string, Tensor> = {};
  for (const step of model.steps) {
    for (let turn = 0; turn < (step.repeat ?? 1); turn++) {
      const scope = new StepPlace(tracing, turn, optimizers);
      const { loss, logs = {} } = step.loss(input(batchName(turn), batch), scope);
      if (loss.shape.length !== 0)
        throw new ShapeError(`${step.name}: the loss must be a scalar - got ${formatShape(loss.shape)}`);
      optimizers.move(step, loss, turn);
      outputs[`${step.name}/loss`] = loss;
      for (const [name, value] of Object.entries(logs)) outputs[`${step.name}/${name}`] = value;
    }
  }
  return { program: { outputs, updates: Object.fromEntries(state.updated) }, declared: tracing.declared };
}

/**
 * The gradients of one step's loss, one vector a net that it trains: what its optimizer would be given, `gradient/NET`.
 * Nothing is updated.
 */
export function traceGradients(options: Omit<StepOptions, "rate" | "slotNames">, step: TrainStep): Traced {
  const { model, layouts, batch } = options;
  const state = new StateView(null);
  const tracing: Tracing = {
    model,
    layouts,
    state,
    declared: new Map(),
    carried: new Map(),
    training: true,
    items: batch[0]!,
  };
  const none = (): never => {
    throw new ShapeError(`gradients: the loss of ${step.name} must not go through an optimizer`);
  };
  const scope = new StepPlace(tracing, 0, new Optimizers(tracing, model.steps, none, () => []));
  const { loss } = step.loss(input(batchName(0), batch), scope);
  const vectors = step.updates.map((net) => state.get(stateNames.params(net), [layouts[net]!.size]));
  const gradients = grad(loss, vectors);
  const outputs = Object.fromEntries(step.updates.map((net, i) => [`gradient/${net}`, gradients[i]!]));
  return { program: { outputs }, declared: tracing.declared };
}

/**
 * What tells how nets are, on one batch and without updates: `gradient/STEP/NET`, the Euclidean norm of the gradient that
 * a step would give a net, and `dead/NET/layer1` and so on, the share of units (channels of images) in a hidden layer of
 * rectifiers that no item of the batch moves above 0.
 */
export function traceHealth(options: StepOptions): Traced {
  const { model, layouts, batch } = options;
  const state = new StateView(null);
  const observed = new Map<string, Tensor>();
  const tracing: Tracing = {
    model,
    layouts,
    state,
    declared: new Map(),
    carried: new Map(),
    training: true,
    items: batch[0]!,
    observed,
  };
  const optimizers = optimizersOf(tracing, options);
  const outputs: Record<string, Tensor> = {};
  for (const step of model.steps) {
    const { loss } = step.loss(input(batchName(0), batch), new StepPlace(tracing, 0, optimizers));
    const vectors = step.updates.map((net) => state.get(stateNames.params(net), [layouts[net]!.size]));
    grad(loss, vectors).forEach((gradient, i) => {
      outputs[`gradient/${step.name}/${step.updates[i]}`] = sqrt(sum(square(gradient)));
    });
  }
  for (const net of Object.keys(model.nets)) {
    const own = [...observed].filter(([path]) => path.startsWith(`${net}.`));
    own.forEach(([, value], i) => (outputs[`dead/${net}/layer${i + 1}`] = deadShare(value)));
  }
  return { program: { outputs }, declared: tracing.declared };
}

/** The share of units (channels of images) of values [n, ..., units] that are never above 0. */
function deadShare(values: Tensor): Tensor {
  const highest = max(values, { axes: values.shape.map((_, axis) => axis).slice(0, -1) });
  return sub(1, mean(isPositive(highest)));
}

export interface InferenceOptions {
  readonly model: Model;
  readonly layouts: Layouts;
  /** Parameters and statistics to build in; taken from the state at run time where not given. */
  readonly frozen?: Arrays;
  /** Items in a batch, for noise that belongs to items. */
  readonly items?: number;
}

/** A graph over a trained model: no gradient, running statistics, no dropout. */
export function traceInference(
  { model, layouts, frozen, items }: InferenceOptions,
  body: (scope: Scope) => Readonly<Record<string, Tensor>>,
): Traced {
  const state = new StateView(frozen ?? null);
  const tracing: Tracing = {
    model,
    layouts,
    state,
    declared: new Map(),
    carried: new Map(),
    training: false,
    items: items ?? null,
  };
  return { program: { outputs: body(new Place(tracing, [], "", new Map())) }, declared: tracing.declared };
}
