import { type Tensor, staticDim } from "../graph/tensor.ts";
import { add, concat, mul, slice, split } from "../ops/index.ts";
import type { Net, Scope } from "./model.ts";

export type NetRole = "discriminator" | "generator";

/** One augmentation of the discriminator's inputs. The discriminator has one head per view. */
export interface View {
  /** Weight of this head's loss in the discriminator's and in the generator's loss. */
  readonly weight: Readonly<Record<NetRole, number>>;
  /** The head's input; `who` names the noise input. Gradients flow through it. */
  real(items: Tensor, who: string, scope: Scope): Tensor;
  fake(items: Tensor, who: string, scope: Scope): Tensor;
}

/** The same quantity of real and of generated items: inputs or scores. */
export interface Pair {
  readonly real: Tensor;
  readonly fake: Tensor;
}

/** Scores of all heads for several batches of inputs. */
export type Scorer = (shown: readonly Tensor[]) => Tensor[];

/** Outputs of a net without batch statistics for several batches, in one pass. */
export function inOnePass(net: Net, batches: readonly Tensor[]): Tensor[] {
  return split(
    net(concat(batches)),
    0,
    batches.map((items) => staticDim(items, 0, "inOnePass")),
  );
}

/** The scores of one head, [..., 1], of scores [..., heads]. */
export function headOf(scores: Tensor, head: number): Tensor {
  return slice(scores, scores.shape.length - 1, head, head + 1);
}

/** Scores of inputs given by view, each by the head of its view. */
export function headScores(scorer: Scorer, shown: readonly Tensor[]): Tensor[] {
  return scorer(shown).map(headOf);
}

/** The same for pairs of real and generated items, in one pass. */
export function pairScores(scorer: Scorer, pairs: readonly Pair[]): Pair[] {
  const scores = scorer(pairs.flatMap(({ real, fake }) => [real, fake]));
  return pairs.map((_, head) => ({
    real: headOf(scores[2 * head]!, head),
    fake: headOf(scores[2 * head + 1]!, head),
  }));
}

/** Weighted sum of the losses by view, for the discriminator or the generator. */
export function weighed(views: readonly View[], role: NetRole, losses: readonly Tensor[]): Tensor {
  return losses.map((loss, head) => mul(loss, views[head]!.weight[role])).reduce((sum, loss) => add(sum, loss));
}
