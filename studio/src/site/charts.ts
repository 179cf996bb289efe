import type { Colour, Curve, CurvesPicture, Lab, Text } from "../labs/lab.ts";
import type { History } from "./bench.svelte.ts";
import { words } from "./words.ts";

const colours: readonly Colour[] = ["fake", "real", "third", "fourth"];

interface Chart {
  readonly id: string;
  readonly title: Text;
  readonly picture: CurvesPicture;
}

/** The charts of a lab, of the meters that declare to be in them. */
export function chartsOf(lab: Lab, histories: ReadonlyMap<string, History>): Chart[] {
  return lab.charts.flatMap(({ id, title, log, over }) => {
    const meters = lab.meters.filter(
      ({ id: name, chart }) => chart === id && (histories.get(name)?.steps.length ?? 0) > 1,
    );
    if (meters.length === 0) return [];
    const other = over === undefined ? undefined : histories.get(over)!;
    const curves = meters.map((meter, i): Curve => {
      const { steps, values } = histories.get(meter.id)!;
      // Meters that are measured together have the same steps.
      const x = other === undefined ? steps : other.values.slice(other.values.length - values.length);
      return { label: meter.label, colour: colours[i % colours.length]!, x, values };
    });
    const ends = curves.flatMap(({ x }) => [x![0]!, x![x!.length - 1]!]);
    const xLabel = over === undefined ? words.stepNumber : lab.meters.find((meter) => meter.id === over)!.label;
    const x = [Math.min(...ends), Math.max(...ends)];
    return [{ id, title, picture: { kind: "curves", x, xLabel, curves, log } as const }];
  });
}
