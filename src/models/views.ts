import { type Tensor, staticDim } from "../graph/tensor.ts";
import { add, concat, mul, slice, split } from "../ops/index.ts";
import type { Net, Scope } from "./model.ts";

export type Player = "discriminator" | "generator";

/** One way in which a discriminator is shown items. It has as many heads as there are views; each scores one of them. */
export interface View {
  /** What the losses of its head count for either player. */
  readonly weight: Readonly<Record<Player, number>>;
  /** Items as the head sees them; `who` names the noise. The gradient goes through it. */
  real(items: Tensor, who: string, scope: Scope): Tensor;
  fake(items: Tensor, who: string, scope: Scope): Tensor;
}

/** The same of real and of generated items: what is shown, or its scores. */
export interface Pair {
  readonly real: Tensor;
  readonly fake: Tensor;
}

/** What all heads make of several batches of shown items. */
export type Scorer = (shown: readonly Tensor[]) => Tensor[];

/** What a net that sees each item by itself makes of several batches, in one pass. */
export function inOnePass(net: Net, batches: readonly Tensor[]): Tensor[] {
  return split(
    net(concat(batches)),
    0,
    batches.map((items) => staticDim(items, 0, "inOnePass")),
  );
}

/** One head's part of scores [..., heads]: [..., 1]. */
export function headOf(scores: Tensor, head: number): Tensor {
  return slice(scores, scores.shape.length - 1, head, head + 1);
}

/** Scores of what is shown by view, each by the view's own head. */
export function headScores(scorer: Scorer, shown: readonly Tensor[]): Tensor[] {
  return scorer(shown).map(headOf);
}

/** The same of real and generated items, in one call. */
export function pairScores(scorer: Scorer, pairs: readonly Pair[]): Pair[] {
  const scores = scorer(pairs.flatMap(({ real, fake }) => [real, fake]));
  return pairs.map((_, head) => ({
    real: headOf(scores[2 * head]!, head),
    fake: headOf(scores[2 * head + 1]!, head),
  }));
}

/** The sum of losses by view, as they count for a player. */
export function weighed(views: readonly View[], player: Player, losses: readonly Tensor[]): Tensor {
  return losses.map((loss, head) => mul(loss, views[head]!.weight[player])).reduce((sum, loss) => add(sum, loss));
}
