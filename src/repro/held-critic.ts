import { z } from "zod";
import { fold, key, normal } from "../base/random.ts";
import { stepScalar } from "../base/scalar-names.ts";
import { type DataSplit, arrayDataset, splitOff } from "../data/index.ts";
import { type Tensor, staticDim } from "../graph/tensor.ts";
import { type DataInfo, type Model, type TrainStep, defineModel } from "../models/index.ts";
import { mlp } from "../nn/index.ts";
import { gradientPenalty, wasserstein } from "../objectives/index.ts";
import { add, concat, leakyRelu, mean, mul, slice, sub } from "../ops/index.ts";
import { adam, rmsProp, withWeightClipping } from "../optim/index.ts";
import type { Run } from "../run/index.ts";
import type { RowTraining } from "./row.ts";

// The generator is fixed: its items are the data shifted by a known amount, so the distance is known as well. Only the critic is
// trained, and its gap is averaged over its last steps.

const options = z.object({
  shift: z.number(),
  rule: z.union([z.object({ penalty: z.number() }), z.object({ clip: z.number() })]),
});
type HeldOptions = z.output<typeof options>;

/** The scalar of a critic's gap in a run. */
export const criticGap = stepScalar.name({ step: "critic", scalar: "gap" });

/** A critic between the data and the data shifted along their first axis. */
const heldGenerator = defineModel({
  name: "critic",
  summary: "a critic against a fixed generator",
  source: "",
  options,
  defaults: { batch: 256, length: { steps: 1000 }, learningRate: 1e-3 },
  build: ({ shift, rule }: HeldOptions, data: DataInfo): Model => {
    const [d] = data.shape as [number];
    const critic: TrainStep = {
      name: "critic",
      updates: ["critic"],
      optimizer: (learningRate) =>
        "penalty" in rule
          ? adam({ learningRate, beta1: 0.5, beta2: 0.9 })
          : withWeightClipping(rmsProp({ learningRate }), rule.clip),
      loss: (batch, scope) => {
        const n = staticDim(batch, 0, "critic");
        const half = Math.floor(n / 2);
        const real = slice(batch, 0, 0, half);
        const moved = slice(batch, 0, half, 2 * half);
        const fake: Tensor =
          d === 1 ? add(moved, shift) : concat([add(slice(moved, 1, 0, 1), shift), slice(moved, 1, 1, d)], 1);
        const f = scope.nets.critic!;
        const gap = sub(mean(f(real)), mean(f(fake)));
        const value = wasserstein.discriminator(f(real), f(fake));
        const places = scope.noise("places", "uniform", [half, 1]);
        if (!("penalty" in rule)) return { loss: value, logs: { gap } };
        return { loss: add(value, mul(gradientPenalty(f, real, fake, places), rule.penalty)), logs: { gap } };
      },
    };
    return {
      nets: { critic: mlp([d, 64, 64, 1], { activation: (x) => leakyRelu(x, 0.2) }) },
      steps: [critic],
      maps: {},
    };
  },
});

/** Points of N(0, 1) on a line. */
export function lineData(seed: number): DataSplit {
  const items = normal(fold(key(seed), "line"), [100_000, 1]);
  return splitOff(arrayDataset({ name: "line", kind: "points", items }));
}

/** A training run of a critic between the data and the data shifted by `shift`. Its gap is logged at every step. */
export function heldCritic(
  label: string,
  data: DataSplit,
  { shift, rule }: HeldOptions,
  steps: number,
  seed: number,
): RowTraining {
  const model = heldGenerator({ shift, rule });
  return { label, model, data, options: { steps, batch: 512, learningRate: 1e-3, seed, logEvery: 1 } };
}

/** Mean gap of a critic over the last tenth of its steps. */
export async function heldCriticGap(run: Run): Promise<number> {
  const { steps } = run.config.train;
  const gaps = (await run.metrics()).filter(({ name, step }) => name === criticGap && step > 0.9 * steps);
  return gaps.reduce((total, { value }) => total + value!, 0) / gaps.length;
}
