import { threeDigits } from "../../base/digits.ts";
import { latentKl } from "../../base/scalar-names.ts";
import { changeFor } from "../changes.ts";
import { seriesOf } from "../series.ts";
import type { Symptom } from "../symptom.ts";

/** Minimum KL term in nats of an active latent dimension. */
const activeKl = 0.01;
/** Largest share of useful latent dimensions that are active in a collapsed posterior. */
const activeFraction = 0.1;
/** Total KL term in nats above which few active dimensions carry enough information. */
const maxCollapsedKl = 5;
/**
 * Total KL term in nats below which codes do not even separate two kinds of items (one bit), however many dimensions
 * share it: the information in a code about its item is at most the KL term.
 * @source Hoffman, Johnson, "ELBO surgery", 2016: the KL is that mutual information plus the KL of the aggregate
 * posterior from the prior.
 */
const oneBit = Math.LN2;
/** The constraint on the KL term counts as met once the term reaches this fraction of its target. */
const targetFraction = 0.5;

const name = "posterior-collapse";

export const posteriorCollapse: Symptom = {
  name,
  summary: "the latents carry almost no information about the items",
  needs: "the KL term of each latent",
  warmUp: 0.2,
  check: (evidence) => {
    const latents = seriesOf(evidence, latentKl).map(({ series }) => series.values.at(-1)!);
    if (latents.length === 0) return null;
    const total = latents.reduce((sum, kl) => sum + kl, 0);
    const active = latents.filter((kl) => kl >= activeKl).length;
    // Low-dimensional data cannot use more latent dimensions than they have themselves.
    const useful = Math.min(latents.length, evidence.dimensions);
    const fewest = Math.round(activeFraction * useful);
    const asked = evidence.model.likelihood?.targetKl?.(evidence.step) ?? Infinity;
    const [most, least] = [Math.min(maxCollapsedKl, targetFraction * asked), Math.min(oneBit, targetFraction * asked)];
    const have = latents.length === 1 ? "latent has" : active === 1 ? "latents has" : "latents have";
    const sign = {
      evidence: `the total KL is ${threeDigits(total, least, most)} nats (collapse: below ${threeDigits(least, total)}${least < oneBit ? ", half of the KL target" : ", one bit"}); ${active} of ${latents.length} ${have} at least ${activeKl} nats (collapse: at most ${fewest}, if the total is below ${threeDigits(most, total)} nats)`,
      values: { active, latents: latents.length, kl: total },
    };
    if (total >= least && (active > fewest || total >= most)) return { present: false, ...sign };
    return { present: true, ...sign, change: (setup) => changeFor(name, setup) };
  },
};
