import type { Colour, Curve, CurvesPicture, Lab, Text } from "../labs/lab.ts";
import type { BenchSide } from "./bench.svelte.ts";
import { idealOf } from "./ideal.ts";
import { words } from "./words.ts";

const colours: readonly Colour[] = ["fake", "real", "third", "fourth"];

interface Chart {
  readonly id: string;
  readonly title: Text;
  readonly picture: CurvesPicture;
}

/** The charts of a lab, of the meters that declare to be in them, with their ideal values as levels. */
export function chartsOf(lab: Lab, { histories, controls, past }: BenchSide): Chart[] {
  return lab.charts.flatMap(({ id, title, log, over }) => {
    const meters = lab.meters.filter(({ id: name, chart }) => chart === id && (histories.get(name)?.length ?? 0) > 1);
    if (meters.length === 0) return [];
    const other = over === undefined ? undefined : histories.get(over)!.values;
    const curves = meters.map((meter, i): Curve => {
      const { steps, values } = histories.get(meter.id)!;
      // Meters that are measured together have the same steps.
      const x = other === undefined ? steps : other.slice(other.length - values.length);
      return { label: meter.label, colour: meter.colour ?? colours[i % colours.length]!, x, values };
    });
    const ends = curves.flatMap(({ x }) => [x![0]!, x![x!.length - 1]!]);
    const x = [Math.min(...ends), Math.max(...ends)];
    const levels = new Set(
      meters
        .map((meter) => idealOf(meter, controls))
        .filter((ideal) => typeof ideal === "number" && !(log && ideal <= 0)),
    ) as Set<number>;
    const ideals = [...levels].map((level): Curve => ({
      label: words.ideal,
      colour: "soft",
      x,
      values: [level, level],
      dashed: true,
    }));
    const xLabel = over === undefined ? words.stepNumber : lab.meters.find((meter) => meter.id === over)!.label;
    const mark = past === null || over !== undefined ? {} : { mark: past };
    return [
      { id, title, picture: { kind: "curves", x, xLabel, curves: [...curves, ...ideals], log, ...mark } as const },
    ];
  });
}
