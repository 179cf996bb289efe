import { namePattern } from "../base/name-pattern.ts";
import type { NdArray, Shape } from "../base/ndarray.ts";
import { type Tensor, constant, input } from "../graph/tensor.ts";
import { stopGradient } from "../ops/index.ts";
import type { Arrays } from "../runtime/index.ts";
import type { Layout } from "./layout.ts";

const paramsName = namePattern("params/{net}");
const statName = namePattern("stats/{net}.{path}");
const slotName = namePattern("{step}/{slot}/{net}");

/** Names of the tensors in a run's state: parameters as one vector per net, running statistics, and optimizer slots. */
export const stateNames = {
  params: (net: string) => paramsName.name({ net }),
  stat: (net: string, path: string) => statName.name({ net, path }),
  slot: (step: string, net: string, slot: string) => slotName.name({ step, slot, net }),
};

/** What a name in the state refers to. */
export type StateEntry =
  | { readonly kind: "params"; readonly net: string }
  | { readonly kind: "stat"; readonly net: string; readonly path: string }
  | { readonly kind: "slot"; readonly step: string; readonly slot: string; readonly net: string };

/** Parses a name in the state. @throws RangeError for a name that no state has. */
export function stateEntry(name: string): StateEntry {
  const params = paramsName.parse(name);
  if (params !== null) return { kind: "params", ...params };
  const stat = statName.parse(name);
  if (stat !== null) return { kind: "stat", ...stat };
  const slot = slotName.parse(name);
  if (slot !== null) return { kind: "slot", ...slot };
  throw new RangeError(`state: a name must be params/NET, stats/NET.PATH or STEP/SLOT/NET - got ${name}`);
}

export type Layouts = Readonly<Record<string, Layout>>;

/** Values of the state as tensors of one graph: inputs until a step updates them. */
export class StateView {
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

  /** Later steps see a new value as a constant: no gradient flows back through the step that made it. */
  set(name: string, value: Tensor): void {
    this.updated.set(name, stopGradient(value));
  }
}
