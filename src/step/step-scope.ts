import { ShapeError, inScope } from "../base/errors.ts";
import type { Shape } from "../base/ndarray.ts";
import { type Tree, flatten } from "../base/tree.ts";
import { grad } from "../autodiff/index.ts";
import { type Tensor, input } from "../graph/tensor.ts";
import type { Model, Net, Nets, Scope, StepScope, TrainStep, UnrolledOptimizer } from "../models/index.ts";
import type { NoiseKind } from "../nn/index.ts";
import { concat, oneHot, reshape, stopGradient } from "../ops/index.ts";
import type { Optimizer, ScalarInput, Slots } from "../optim/index.ts";
import type { Declared } from "./feeds.ts";
import { type Layout, unravelTensor } from "./layout.ts";
import { type Layouts, StateView, stateNames } from "./state-view.ts";

/** A graph under construction, and the inputs that it has declared so far. */
export interface Tracing {
  readonly model: Model;
  readonly layouts: Layouts;
  readonly state: StateView;
  readonly declared: Map<string, Declared>;
  readonly training: boolean;
  readonly items: number | null;
  /** Recorded activations, by the path of their layer. */
  readonly observed?: Map<string, Tensor>;
  /** Values that steps have shared with later steps. */
  readonly carried: Map<string, Tensor>;
  /** Parameter trees of nets by the vector that holds their parameters: it is split once, however often a net is used. */
  readonly cut: Map<Tensor, Tree<Tensor>>;
  /** Set while nets are applied with other parameters: updates of running statistics are discarded. */
  readonly trying?: boolean;
}

/** An empty graph. */
export function newTracing(parts: Omit<Tracing, "declared" | "carried" | "cut">): Tracing {
  return { ...parts, declared: new Map(), carried: new Map(), cut: new Map() };
}

/** The context at one path of the model; it counts how often each name was requested there. */
export class Place implements Scope {
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
    // The same for every use within a step: it belongs to the item, not to the position in the model.
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

  /** Only the first use of a part of a net is recorded: on real and generated items together, or on real items. */
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
    const { model, layouts, state, cut } = this.tracing;
    const layout = layouts[name]!;
    const netAt = (place: Place, params: Tree<Tensor>): Net => {
      const call = (x: Tensor): Tensor => inScope(name, () => model.nets[name]!.apply(params, x, place.at(name)));
      return Object.assign(call, { params, with: (others: Tree<Tensor>) => netAt(this.trying(), others) });
    };
    const vector = state.get(stateNames.params(name), [layout.size]);
    const params = cut.get(vector) ?? unravelTensor(vector, layout);
    cut.set(vector, params);
    return netAt(this, params);
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

export class StepPlace extends Place implements StepScope {
  constructor(
    tracing: Tracing,
    private readonly update: number,
    private readonly optimizers: Optimizers,
  ) {
    super(tracing, [], update === 0 ? "" : `#${update}`, new Map());
  }

  labels(classes: number): Tensor {
    const { update, tracing } = this;
    const name = `labels/${update}`;
    const shape = [tracing.items!];
    tracing.declared.set(name, { kind: "labels", shape, update, classes });
    return oneHot(input(name, shape, "int32"), classes);
  }

  carry(name: string, make: () => Tensor): Tensor {
    const { update, tracing } = this;
    const known = tracing.carried.get(`${name}#${update}`);
    if (known !== undefined) return known;
    const value = make();
    tracing.carried.set(`${name}#${update}`, stopGradient(value));
    return value;
  }

  optimizerOf(step: string, net: string): UnrolledOptimizer {
    return this.optimizers.unrolled(step, net);
  }
}

/** The optimizers of all steps, with their state in the graph. */
export class Optimizers {
  constructor(
    private readonly tracing: Tracing,
    private readonly steps: readonly TrainStep[],
    private readonly rule: (step: TrainStep, net: string) => Optimizer,
    private readonly slotNames: (step: string, net: string) => readonly string[],
  ) {}

  /** One optimizer update of the nets of a training step, from the gradient of its loss. */
  apply(step: TrainStep, loss: Tensor, update: number): void {
    const { state, layouts } = this.tracing;
    const vectors = step.updates.map((net) => state.get(stateNames.params(net), [layouts[net]!.size]));
    const gradients = grad(loss, vectors);
    step.updates.forEach((net, i) => {
      const result = this.rule(step, net).update(
        vectors[i]!,
        gradients[i]!,
        this.slots(step.name, net),
        this.scalars(step, net, update),
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

  /** Updates of a step are counted separately from the model's steps: a critic makes several per step. */
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
