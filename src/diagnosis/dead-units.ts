import { minOf } from "../base/many.ts";
import type { RunConfig } from "../run/config.ts";
import { firstChange, unshiftedBias } from "./changes.ts";
import { seriesUnder } from "./series.ts";
import type { Change, Symptom } from "./symptom.ts";
import { list, share } from "./words.ts";

/** Share of a layer's units from which too many are dead, at each of the newest looks. */
const tooMany = 0.7;
const looks = 3;

export const deadUnits: Symptom = {
  name: "dead-units",
  summary: "most units of a layer of ReLU are above 0 for no item, so that no gradient passes them",
  needs: "layers of ReLU, and 3 looks at them",
  warmUp: 0,
  look: (evidence) => {
    const { config } = evidence;
    const layers = seriesUnder(evidence, "dead/")
      .filter(([name, { values }]) => values.length >= looks && activationOf(config, name).name === "relu")
      .map(([name, { values }]) => ({ name, dead: minOf(values.slice(-looks)) }))
      .toSorted((a, b) => b.dead - a.dead);
    if (layers.length === 0) return null;
    const dying = layers.filter(({ dead }) => dead >= tooMany);
    const shown = dying.length > 0 ? dying : layers.slice(0, 1);
    const said = list(shown.map(({ name, dead }) => `${share(dead)} of the units of ${name}`));
    const sign = {
      evidence: `dead at each of the newest ${looks} looks: ${said}, or more (too many: from ${share(tooMany)})`,
      values: Object.fromEntries(shown.map(({ name, dead }) => [name, dead])),
    };
    if (dying.length === 0) return { present: false, ...sign };
    const change = firstChange(config, unshiftedBias(config), otherActivation(config, dying[0]!.name));
    return { present: true, ...sign, change };
  },
};

/** What a net has between its layers, and the flag for it: in games, nets other than the generator have one of their own. */
function activationOf({ model }: RunConfig, layer: string): { readonly name: unknown; readonly flag: string } {
  const own = model.discriminatorActivation !== undefined && !layer.startsWith("generator");
  return own
    ? { name: model.discriminatorActivation, flag: "--discriminator-activation" }
    : { name: model.activation, flag: "--activation" };
}

/** Leaky units where the recipe has them, else tanh. */
function otherActivation(config: RunConfig, layer: string): Change {
  const { flag } = activationOf(config, layer);
  return config.model.slope === undefined
    ? { flag: `${flag} tanh`, reason: "a unit of tanh passes some gradient everywhere" }
    : { flag: `${flag} leaky-relu`, reason: "a leaky unit passes some gradient below 0 too, and can come back" };
}
