import type { Tree } from "../../src/base/tree.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import type { Net, Nets, StepScope, UnrolledOptimizer } from "../../src/models/index.ts";
import { OpenContext } from "../nn/context.ts";

/** A function as a net of a graph. It has no parameters. */
export function asNet(apply: (x: Tensor) => Tensor): Net {
  const net: Net = Object.assign((x: Tensor) => apply(x), { params: {}, with: (_: Tree<Tensor>) => net });
  return net;
}

/** The scope of a step outside of any trainer: its nets are functions, its noise inputs by name. */
export class OpenScope extends OpenContext implements StepScope {
  constructor(readonly nets: Nets) {
    super(true);
  }

  labels(): Tensor {
    throw new Error("there are no labels here");
  }

  carry(_: string, make: () => Tensor): Tensor {
    return make();
  }

  optimizerOf(): UnrolledOptimizer {
    throw new Error("there are no optimizers here");
  }
}
