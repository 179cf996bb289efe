import type { DataSplit, Dataset } from "../data/index.ts";
import type { RunConfig } from "../run/index.ts";
import { count, counted, table } from "./format.ts";

/** A config as lines, one per entry; those that differ from the defaults are marked, with the default next to them. */
export function configLines(config: RunConfig, defaults: RunConfig): string[] {
  const usual = new Map(entriesOf(defaults));
  return table(
    entriesOf(config).map(([path, value]) => {
      const initial = usual.get(path);
      const differs = value !== initial;
      return [differs ? " *" : "  ", path, value, differs ? `(default ${initial ?? "none"})` : ""];
    }),
  );
}

function entriesOf({ model, data, train, device }: RunConfig): [path: string, value: string][] {
  const sections = Object.entries({ model, data, train });
  return [
    ...sections.flatMap(([section, options]) =>
      Object.entries(options)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]): [string, string] => [`${section}.${name}`, String(value)]),
    ),
    ["device", device],
  ];
}

/**
 * `vae on mnist: 60,000 train, 10,000 test, 28 x 28 x 1`; `gan on ring8: 100,000 train, 10,000 test, points of 2 numbers`;
 * `cyclegan on A and B: 90 and 45 train, 10 and 5 test, domains of 32 x 32 x 3`.
 */
export function titleLine(recipe: string, { train, test }: DataSplit): string {
  return `${recipe} on ${train.name}: ${sizeText(train)} train, ${sizeText(test)} test, ${itemText(train)}`;
}

/** The number of items; for unpaired domains, the number of each. */
export function sizeText({ size, sides }: Dataset): string {
  return sides === undefined || sides.aligned ? count(size) : `${count(sides.a.size)} and ${count(sides.b.size)}`;
}

function itemText({ kind, shape, sides }: Dataset): string {
  if (kind === "points") return `points of ${counted(shape[0]!, "number")}`;
  const extent = shape.slice(-3).join(" x ");
  if (sides === undefined) return extent;
  return `${sides.aligned ? "aligned pairs" : "domains"} of ${extent}`;
}
