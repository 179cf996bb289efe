import { maxOf, minOf } from "../../base/many.ts";
import { deadUnits as deadUnitsIn, deadUnitsStderr } from "../../base/scalar-names.ts";
import { changeFor } from "../changes.ts";
import { seriesOf } from "../series.ts";
import type { Symptom } from "../symptom.ts";
import { list, share } from "../words.ts";

/** Share of dead units in a layer that counts as too many, if reached in each of the newest checks. */
const tooMany = 0.7;
const checks = 3;
/** Standard errors by which the share must exceed it. */
const standardErrors = 2;

const name = "dead-units";

export const deadUnits: Symptom = {
  name,
  summary: "most units of a ReLU layer output 0 for all items and pass no gradient",
  needs: `ReLU layers and ${checks} checks of them`,
  warmUp: 0,
  check: (evidence) => {
    const { reluNets = [] } = evidence.model;
    const layers = seriesOf(evidence, deadUnitsIn)
      .filter(({ parts: { net }, series: { values } }) => values.length >= checks && reluNets.includes(net))
      .map(({ parts: { net, layer }, series: { values } }) => {
        // Runs of earlier versions have no standard errors.
        const errors = evidence.series.get(deadUnitsStderr.name({ net, layer }))?.values ?? [];
        const dead = minOf(values.slice(-checks));
        const stderr = maxOf([0, ...errors.slice(-checks)]);
        return { net, name: `${net}/${layer}`, dead, stderr };
      })
      .toSorted((a, b) => b.dead - a.dead);
    if (layers.length === 0) return null;
    const dying = layers.filter(({ dead, stderr }) => dead - standardErrors * stderr >= tooMany);
    const shown = dying.length > 0 ? dying : layers.slice(0, 1);
    const said = list(
      shown.map(({ name, dead, stderr }) => `${share(dead, tooMany)} ± ${share(stderr)} of the units of ${name}`),
    );
    const sign = {
      evidence: `dead on ${evidence.deadUnitItems} items at each of the last ${checks} checks: at least ${said} (too many: at least ${share(tooMany)}, by ${standardErrors} standard errors)`,
      values: Object.fromEntries(shown.map(({ name, dead }) => [name, dead])),
    };
    if (dying.length === 0) return { present: false, ...sign };
    return { present: true, ...sign, change: (setup) => changeFor(name, setup, [], dying[0]!.net) };
  },
};
