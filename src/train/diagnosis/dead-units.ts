import type { RunConfig } from "../config.ts";
import { firstChange, smallerRate, unshiftedBias } from "./changes.ts";
import { seriesUnder } from "./series.ts";
import type { Change, Symptom } from "./symptom.ts";
import { list, share } from "./words.ts";

/** Share of a layer's units from which too many are dead, at each of the newest looks. */
const tooMany = 0.7;
const looks = 3;

export const deadUnits: Symptom = {
  name: "dead-units",
  summary: "most rectified units of a layer are above 0 for no item, so that no gradient passes them",
  needs: "rectified layers, and 3 looks at them",
  warmUp: 0.1,
  look: (evidence) => {
    const layers = seriesUnder(evidence, "dead/")
      .filter(([, { values }]) => values.length >= looks)
      .map(([name, { values }]) => ({ name, dead: Math.min(...values.slice(-looks)) }))
      .toSorted((a, b) => b.dead - a.dead);
    if (layers.length === 0) return null;
    const dying = layers.filter(({ dead }) => dead >= tooMany);
    const shown = dying.length > 0 ? dying : layers.slice(0, 1);
    const sign = {
      evidence: `at each of the newest ${looks} looks, at least ${list(shown.map(({ name, dead }) => `${share(dead)} of ${name}`))} (too many: from ${share(tooMany)})`,
      values: Object.fromEntries(shown.map(({ name, dead }) => [name, dead])),
    };
    if (dying.length === 0) return { present: false, ...sign };
    return { present: true, ...sign, change: changeFor(evidence.config, dying[0]!.name) };
  },
};

function changeFor(config: RunConfig, layer: string): Change {
  return firstChange(config, unshiftedBias(config), otherActivation(config, layer), smallerRate(config));
}

/** The net of a game that is not its generator has a flag of its own; models without leaky units have tanh. */
function otherActivation({ model }: RunConfig, layer: string): Change | null {
  const game = model.discriminatorActivation !== undefined;
  const own = game && !layer.startsWith("generator");
  if ((own ? model.discriminatorActivation : model.activation) !== "relu") return null;
  const flag = own ? "--discriminator-activation" : "--activation";
  if (!game) return { flag: `${flag} tanh`, reason: "a unit of tanh passes some gradient everywhere" };
  return { flag: `${flag} leaky-relu`, reason: "a leaky unit passes some gradient below 0 too, and can come back" };
}
