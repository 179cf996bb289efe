import type { RunConfig } from "../config.ts";
import { firstChange } from "./changes.ts";
import { seriesUnder } from "./series.ts";
import type { Change, Symptom } from "./symptom.ts";
import { figure } from "./words.ts";

/** Nats of KL from which a latent says something of an item. */
const leastKl = 0.01;
/** Of the latents that can be of use, how many say something where the posterior has collapsed, at most. */
const few = 0.1;
/** Nats in all from which the few that are left say much. */
const much = 5;

export const posteriorCollapse: Symptom = {
  name: "posterior-collapse",
  summary: "codes say nothing of the items",
  needs: "the KL of each latent",
  warmUp: 0.2,
  look: (evidence) => {
    const latents = seriesUnder(evidence, "elbo/klPerLatent/").map(([, { values }]) => values.at(-1)!);
    if (latents.length === 0) return null;
    const total = latents.reduce((sum, kl) => sum + kl, 0);
    const active = latents.filter((kl) => kl >= leastKl).length;
    // Items of few numbers have no use for more latents than that.
    const useful = Math.min(latents.length, evidence.dimensions);
    const sign = {
      evidence: `${active} of ${latents.length} latents have a KL of ${leastKl} nats or more, and all together have ${figure(total)} nats (collapse: at most ${Math.floor(few * useful)} latents, and below ${much} nats)`,
      values: { active, latents: latents.length, kl: total },
    };
    if (active > few * useful || total >= much) return { present: false, ...sign };
    return { present: true, ...sign, change: changeFor(evidence.config) };
  },
};

function changeFor(config: RunConfig): Change {
  const { beta, sigma } = config.model;
  const weighted =
    typeof beta === "number" && beta > 1
      ? { flag: "--beta 1", reason: `the KL weighs ${figure(beta)} times, more than what a code can save` }
      : null;
  const wide =
    typeof sigma === "number"
      ? {
          flag: `--sigma ${figure(sigma / 4)}`,
          reason: `a deviation of ${figure(sigma)} forgives what a code could mend`,
        }
      : null;
  return firstChange(config, weighted, wide);
}
