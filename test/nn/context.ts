import { ndarray } from "../../src/base/ndarray.ts";
import type { Shape } from "../../src/base/ndarray.ts";
import { type Tensor, constant, input } from "../../src/graph/tensor.ts";
import type { Context, NoiseKind, Values } from "../../src/nn/index.ts";
import { flatten } from "../../src/base/tree.ts";

export interface Asked {
  readonly kind: NoiseKind;
  readonly shape: Shape;
}

/** A context outside of any trainer: statistics are constants, noise is an input by its path; what was asked is kept. */
export class OpenContext implements Context {
  readonly noises = new Map<string, Asked>();
  readonly updates = new Map<string, Tensor>();
  readonly observed = new Map<string, Tensor>();

  constructor(
    readonly training: boolean,
    private readonly stats: Values = {},
    private readonly path: readonly string[] = [],
    private readonly root: OpenContext | null = null,
  ) {}

  at(part: string): Context {
    return new OpenContext(this.training, this.stats, [...this.path, part], this.root ?? this);
  }

  noise(name: string, kind: NoiseKind, shape: Shape): Tensor {
    const full = this.full(name);
    (this.root ?? this).noises.set(full, { kind, shape });
    return input(full, shape);
  }

  itemNoise(name: string, shape: Shape): Tensor {
    return input(this.full(name), shape);
  }

  scalar(_: string, at: (step: number, steps: number) => number): Tensor {
    return constant(ndarray("float32", [], Float32Array.of(at(0, 1))));
  }

  stat(name: string): Tensor {
    const full = this.full(name);
    return (this.root ?? this).updates.get(full) ?? constant(flatten(this.stats).get(full)!);
  }

  updateStat(name: string, value: Tensor): void {
    (this.root ?? this).updates.set(this.full(name), value);
  }

  observe(name: string, value: Tensor): void {
    (this.root ?? this).observed.set(this.full(name), value);
  }

  private full(name: string): string {
    return [...this.path, name].join(".");
  }
}
