import { threeDigits } from "../../base/digits.ts";
import { latentKl } from "../../base/scalar-names.ts";
import { changeFor } from "../changes.ts";
import { seriesOf } from "../series.ts";
import type { Symptom } from "../symptom.ts";

/** Nats of KL from which a latent says something of an item. */
const activeKl = 0.01;
/** Of the latents that can be of use, how many say something where the posterior has collapsed, at most. */
const activeFraction = 0.1;
/** Nats in all from which the few that are left say much. */
const maxCollapsedKl = 5;
/**
 * Nats in all below which codes do not tell even two kinds of items apart, one bit, however many latents share them: what a
 * code tells of its item is at most the KL.
 * @source Hoffman, Johnson, "ELBO surgery", 2016: the KL is that mutual information and what the codes' own distribution adds.
 */
const oneBit = Math.LN2;
/** Of the KL that a run is held to, the part from which it has what was asked for. */
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
    // Items of few numbers have no use for more latents than that.
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
