import { type Tensor, staticDim } from "../graph/tensor.ts";
import { add, mean, mul, stopGradient, sub, sum } from "../ops/index.ts";

/**
 * What is taken from a cost before it weighs a score: costs [samples, n] to a baseline that broadcasts against them. Any
 * baseline that does not depend on the draw itself leaves the gradient unbiased and changes its variance.
 */
export type Baseline = (costs: Tensor) => Tensor | number;

/** No baseline: the plain score-function estimator. */
export const noBaseline: Baseline = () => 0;

/** For each draw the mean cost of the other draws of the item, of which there must be one. @source Kool et al., 2019, "Buy 4 REINFORCE samples, get a baseline for free". */
export const leaveOneOut: Baseline = (costs) => {
  const samples = staticDim(costs, 0, "leaveOneOut");
  return mul(sub(sum(costs, { axes: [0], keepDims: true }), costs), 1 / (samples - 1));
};

/**
 * A way to differentiate E_q[f(z)] with respect to the parameters of q, from draws z ~ q. Estimators share this form, so
 * that one can take the place of the other in any model.
 */
export interface GradientEstimator {
  /** Draws as f is to see them. */
  draws(z: Tensor): Tensor;
  /**
   * Per item [n], the tensor whose gradient is the estimate. Its value is f, averaged over draws.
   * @param costs f(z), [samples, n]
   * @param logProbs log q(z), [samples, n]
   */
  surrogate(costs: Tensor, logProbs: Tensor): Tensor;
}

/**
 * The gradient goes through the draw, z = g(theta, noise); f must be differentiable in z.
 * @source Kingma, Welling, arXiv 1312.6114, section 2.4.
 */
export const pathwise: GradientEstimator = {
  draws: (z) => z,
  surrogate: (costs) => mean(costs, { axes: [0] }),
};

/**
 * Score function (REINFORCE): (f(z) - baseline) grad log q(z). Works for any f, discrete z included; f's own parameters
 * still get their ordinary gradient.
 * @source Williams, Machine Learning 8, 1992; Glynn, 1990.
 */
export function scoreFunction(baseline: Baseline): GradientEstimator {
  return {
    draws: stopGradient,
    surrogate: (costs, logProbs) => {
      const advantage = stopGradient(sub(costs, baseline(costs)));
      const score = mul(advantage, logProbs);
      // The score enters by its gradient alone, so that the value stays f.
      return mean(add(costs, sub(score, stopGradient(score))), { axes: [0] });
    },
  };
}
