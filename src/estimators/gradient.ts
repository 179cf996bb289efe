import { type Tensor, staticDim } from "../graph/tensor.ts";
import { add, mean, mul, stopGradient, sub, sum } from "../ops/index.ts";

/**
 * A control variate for the score-function estimator: maps costs [samples, n] to a baseline that broadcasts against them. Any
 * baseline that does not depend on the sample itself leaves the gradient unbiased and changes only its variance.
 */
export type Baseline = (costs: Tensor) => Tensor | number;

/** No baseline: the plain score-function estimator. */
export const noBaseline: Baseline = () => 0;

/**
 * For each sample, the mean cost of the item's other samples, of which there must be at least one. @source Kool et al.,
 * 2019, "Buy 4 REINFORCE samples, get a baseline for free".
 */
export const leaveOneOut: Baseline = (costs) => {
  const samples = staticDim(costs, 0, "leaveOneOut");
  return mul(sub(sum(costs, { axes: [0], keepDims: true }), costs), 1 / (samples - 1));
};

/**
 * A gradient estimator of E_q[f(z)] with respect to the parameters of q, from samples z ~ q. All estimators have this
 * form, so a model can swap one for another.
 */
export interface GradientEstimator {
  /** The samples as they are passed to f; same shape. */
  draws(z: Tensor): Tensor;
  /**
   * A tensor [n], one number per item, whose gradient is the estimate and whose value is f averaged over samples.
   * @param costs f(z), [samples, n].
   * @param logProbs log q(z), [samples, n].
   */
  surrogate(costs: Tensor, logProbs: Tensor): Tensor;
}

/**
 * Pathwise (reparameterization) estimator: the gradient flows through the sample z = g(theta, noise), so f must be
 * differentiable in z.
 * @source Kingma, Welling, arXiv 1312.6114, section 2.4.
 */
export const pathwise: GradientEstimator = {
  draws: (z) => z,
  surrogate: (costs) => mean(costs, { axes: [0] }),
};

/**
 * Score-function estimator (REINFORCE): (f(z) - baseline) grad log q(z). Works for any f, including discrete z;
 * parameters of f itself get their ordinary gradient.
 * @source Williams, Machine Learning 8, 1992; Glynn, 1990.
 */
export function scoreFunction(baseline: Baseline): GradientEstimator {
  return {
    draws: stopGradient,
    surrogate: (costs, logProbs) => {
      const advantage = stopGradient(sub(costs, baseline(costs)));
      const score = mul(advantage, logProbs);
      // Subtracting the constant keeps the value equal to f; only the gradient of the score term remains.
      return mean(add(costs, sub(score, stopGradient(score))), { axes: [0] });
    },
  };
}
