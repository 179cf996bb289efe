import { type Tensor } from "../graph/tensor.ts";
import { add, mean, mul, neg, relu, softplus, square, sub } from "../ops/index.ts";

/** What two players make smaller, given the discriminator's scores [n, 1] of real and generated items. */
export interface AdversarialLoss {
  discriminator(real: Tensor, fake: Tensor): Tensor;
  generator(fake: Tensor): Tensor;
  /** Whether what one player loses the other wins: then the generator's loss leaves out only what it cannot change. */
  readonly zeroSum: boolean;
  /** Null where only differences of scores mean something. */
  readonly boundary: Boundary | null;
}

/** The score halfway between real and generated, and how far from it an item is clearly the one or the other. */
export interface Boundary {
  readonly score: number;
  readonly margin: number;
}

/** Of logits; at the margin the odds are 88 in 100. */
const evenOdds: Boundary = { score: 0, margin: 2 };

/** -log sigmoid(score) of real items and -log(1 - sigmoid(score)) of generated ones. */
function logisticLoss(real: Tensor, fake: Tensor): Tensor {
  return add(mean(softplus(neg(real))), mean(softplus(fake)));
}

/**
 * The value V(D, G) = E log D(x) + E log(1 - D(G(z))) on logits, which one player raises and the other lowers. At the best
 * discriminator it is -log 4 + 2 JS. The generator's gradient vanishes where the discriminator is sure.
 * @source Goodfellow et al., arXiv 1406.2661, equation 1.
 */
export const minimax: AdversarialLoss = {
  discriminator: logisticLoss,
  generator: (fake) => neg(mean(softplus(fake))),
  zeroSum: true,
  boundary: evenOdds,
};

/** The same discriminator; the generator raises E log D(G(z)). @source Goodfellow et al., arXiv 1406.2661, section 3. */
export const nonSaturating: AdversarialLoss = {
  discriminator: logisticLoss,
  generator: (fake) => mean(softplus(neg(fake))),
  zeroSum: false,
  boundary: evenOdds,
};

/** Half squared distances from 1 for real and 0 for generated. @source Mao et al., arXiv 1611.04076, equation 9. */
export const leastSquares: AdversarialLoss = {
  discriminator: (real, fake) => mul(add(mean(square(sub(real, 1))), mean(square(fake))), 0.5),
  generator: (fake) => mul(mean(square(sub(fake, 1))), 0.5),
  zeroSum: false,
  boundary: { score: 0.5, margin: 0.5 },
};

/** Scores beyond 1 and -1 are good enough. @source Miyato et al., arXiv 1802.05957, equations 16 and 17. */
export const hinge: AdversarialLoss = {
  discriminator: (real, fake) => add(mean(relu(sub(1, real))), mean(relu(add(fake, 1)))),
  generator: (fake) => neg(mean(fake)),
  zeroSum: false,
  boundary: { score: 0, margin: 1 },
};

/** The critic's gap between real and generated, without a sigmoid. @source Arjovsky et al., arXiv 1701.07875, equation 2. */
export const wasserstein: AdversarialLoss = {
  discriminator: (real, fake) => sub(mean(fake), mean(real)),
  generator: (fake) => neg(mean(fake)),
  zeroSum: true,
  boundary: null,
};
