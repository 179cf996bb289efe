import { type Tensor } from "../graph/tensor.ts";
import { add, mean, mul, neg, relu, softplus, square, sub } from "../ops/index.ts";

/**
 * Losses of the discriminator and the generator, scalars to minimise, given the discriminator's scores [n, 1] of real
 * and generated items.
 */
export interface AdversarialLoss {
  discriminator(real: Tensor, fake: Tensor): Tensor;
  generator(fake: Tensor): Tensor;
  /** Whether the game is zero-sum. The generator's loss then omits only terms that do not depend on it. */
  readonly zeroSum: boolean;
  /** Decision boundary of the scores; null where only differences of scores have a meaning. */
  readonly boundary: Boundary | null;
}

/**
 * The score halfway between real and generated, and the distance from it at which an item clearly is one or the other.
 */
export interface Boundary {
  readonly score: number;
  readonly margin: number;
}

/** For logits. At the margin, the predicted probability is 0.88. */
const evenOdds: Boundary = { score: 0, margin: 2 };

/** -log sigmoid(score) of real items plus -log(1 - sigmoid(score)) of generated ones, in nats. */
function logisticLoss(real: Tensor, fake: Tensor): Tensor {
  return add(mean(softplus(neg(real))), mean(softplus(fake)));
}

/**
 * The value V(D, G) = E log D(x) + E log(1 - D(G(z))) on logits, in nats, which the discriminator maximises and the
 * generator minimises. At the optimal discriminator it is -log 4 + 2 JS. The generator's gradient vanishes where the
 * discriminator is certain.
 * @source Goodfellow et al., arXiv 1406.2661, equation 1.
 */
export const minimax: AdversarialLoss = {
  discriminator: logisticLoss,
  generator: (fake) => neg(mean(softplus(fake))),
  zeroSum: true,
  boundary: evenOdds,
};

/**
 * The same discriminator loss; the generator maximises E log D(G(z)). @source Goodfellow et al., arXiv 1406.2661,
 * section 3.
 */
export const nonSaturating: AdversarialLoss = {
  discriminator: logisticLoss,
  generator: (fake) => mean(softplus(neg(fake))),
  zeroSum: false,
  boundary: evenOdds,
};

/**
 * Half the squared distance from 1 for real and 0 for generated items. @source Mao et al., arXiv 1611.04076, equation
 * 9.
 */
export const leastSquares: AdversarialLoss = {
  discriminator: (real, fake) => mul(add(mean(square(sub(real, 1))), mean(square(fake))), 0.5),
  generator: (fake) => mul(mean(square(sub(fake, 1))), 0.5),
  zeroSum: false,
  boundary: { score: 0.5, margin: 0.5 },
};

/**
 * Hinge loss: scores beyond 1 and -1 add nothing to the discriminator's loss. @source Miyato et al., arXiv 1802.05957,
 * equations 16 and 17.
 */
export const hinge: AdversarialLoss = {
  discriminator: (real, fake) => add(mean(relu(sub(1, real))), mean(relu(add(fake, 1)))),
  generator: (fake) => neg(mean(fake)),
  zeroSum: false,
  boundary: { score: 0, margin: 1 },
};

/**
 * The difference between the critic's mean scores of real and generated items. @source Arjovsky et al., arXiv
 * 1701.07875, equation 2.
 */
export const wasserstein: AdversarialLoss = {
  discriminator: (real, fake) => sub(mean(fake), mean(real)),
  generator: (fake) => neg(mean(fake)),
  zeroSum: true,
  boundary: null,
};
