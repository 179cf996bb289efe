import type { DataSplit } from "../data/index.ts";
import type { RunConfig } from "../train/index.ts";
import { count, counted, table } from "./format.ts";

/** A config as lines, one an entry; those that differ from the defaults marked and the default beside them. */
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

/** `vae on mnist: 60,000 train, 10,000 test, 28 x 28 x 1`; `gan on ring8: 100,000 train, 10,000 test, points of 2 numbers`. */
export function titleLine(recipe: string, { train, test }: DataSplit): string {
  const extent = train.shape.join(" x ");
  const items = train.kind === "image" ? extent : `points of ${counted(train.shape[0]!, "number")}`;
  return `${recipe} on ${train.name}: ${count(train.size)} train, ${count(test.size)} test, ${items}`;
}

/** Files that were passed over, by name. */
export function skippedLines({ train }: DataSplit): string[] {
  const { skipped } = train;
  if (skipped.length === 0) return [];
  const shown = skipped.slice(0, 10).map(({ file, reason }) => `  ${file}: ${reason}`);
  const more = skipped.length - shown.length;
  return [
    `skipped ${skipped.length} ${skipped.length === 1 ? "file" : "files"} that could not be read as images:`,
    ...shown,
    ...(more > 0 ? [`  and ${more} more; zaya data names them all`] : []),
  ];
}
