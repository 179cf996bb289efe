import { seriesUnder, valuesFrom } from "./series.ts";
import type { Evidence, Series } from "./symptom.ts";

/** A step that moves a net against what another player says of its items. */
export interface Maker {
  readonly net: string;
  /** Norms of its gradient. */
  readonly gradient: Series;
  /** The judge's accuracy at the same time, 0.5 for guesses and 1 for no mistake; null for critics, who have none. */
  readonly accuracy: Series | null;
}

/** Looks at a net that it takes to say how its gradient went. */
const fewestLooks = 12;

/** The makers of a game, where enough was logged of them. Players who log scores of real and generated items are judges. */
export function makersIn(evidence: Evidence): Maker[] {
  // A generator that is not to be taken for real learns nothing from a judge.
  if (evidence.config.model.adversarial === 0) return [];
  const isJudge = (step: string) => evidence.series.has(`${step}/fake`);
  const moves = seriesUnder(evidence, "gradient/").map(([name, gradient]) => {
    const [step, net] = name.split("/") as [string, string];
    return { step, net, gradient };
  });
  const judges = moves.filter(({ step }) => isJudge(step));
  if (judges.length === 0) return [];
  return moves
    .filter(({ step, gradient }) => !isJudge(step) && gradient.values.length >= fewestLooks)
    .map(({ net, gradient }) => {
      const last = gradient.steps.at(-1)!;
      const own = evidence.judges.get(net);
      const judge = judges.find(({ step, gradient: { steps } }) => steps.includes(last) && (own ?? step) === step);
      const accuracy = (judge && evidence.series.get(`${judge.step}/accuracy`)) ?? null;
      // Before its first step a critic is not bounded yet, and its slope means nothing.
      return { net, gradient: accuracy === null ? afterStart(gradient) : gradient, accuracy };
    });
}

function afterStart({ steps, values }: Series): Series {
  return { steps: steps.filter((step) => step > 0), values: values.filter((_, i) => steps[i]! > 0) };
}

/** Mean accuracy of the judge from a step on; NaN where it is not known. */
export function accuracyFrom({ accuracy }: Maker, step: number): number {
  const values = accuracy === null ? [] : valuesFrom(accuracy, step);
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}
