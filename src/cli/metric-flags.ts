import { type Command, Option } from "commander";
import { z } from "zod";

import { OptionError } from "../base/errors.ts";
import { describeOptions } from "../base/options.ts";
import { type Metric, metrics } from "../metrics/index.ts";
import { flagOf, givenOptions } from "./flags.ts";
import { suggestion } from "./nearest.ts";

/** A flag that one metric has, or several: what it means to which of them. */
interface SharedFlag {
  /** Doc text with its default, and the metrics to which it says so. */
  readonly meanings: Map<string, string[]>;
  readonly isSwitch: boolean;
}

/** A flag for each option that a metric has. Metrics may share the name of an option, and then its flag. */
export function addMetricFlags(command: Command): void {
  for (const [name, { meanings, isSwitch }] of sharedFlags()) {
    const owners = [...meanings.values()].flat();
    const texts = [...meanings].map(([text, names]) => (meanings.size > 1 ? `${text} (${names.join(", ")})` : text));
    const flag = isSwitch ? flagOf(name) : `${flagOf(name)} <value>`;
    command.addOption(new Option(flag, texts.join("; ")).helpGroup(`Options of ${owners.join(", ")}:`));
  }
}

function sharedFlags(): Map<string, SharedFlag> {
  const flags = new Map<string, SharedFlag>();
  for (const metric of metrics) {
    for (const { name, doc, initial } of describeOptions(metric.options)) {
      const isSwitch = typeof initial === "boolean";
      const flag = flags.get(name) ?? { meanings: new Map(), isSwitch };
      const text = initial === undefined || isSwitch ? doc : `${doc} (default: ${String(initial)})`;
      flag.meanings.set(text, [...(flag.meanings.get(text) ?? []), metric.name]);
      flags.set(name, flag);
    }
  }
  return flags;
}

/** Metrics by name. @throws OptionError for a name that none has, and for options of metrics that are not among them. */
export function chooseMetrics(names: readonly string[], flags: Readonly<Record<string, unknown>>): Metric[] {
  const chosen = names.map(metricNamed);
  requireUsed(flags, chosen);
  return chosen;
}

function metricNamed(name: string): Metric {
  const metric = metrics.find((known) => known.name === name);
  if (metric !== undefined) return metric;
  throw new OptionError(
    `eval: the metric must be known - got ${name}`,
    suggestion(
      name,
      metrics.map((known) => known.name),
      "metrics",
    ),
  );
}

/** An option of a metric that is not measured would be left out in silence. */
export function requireUsed(flags: Readonly<Record<string, unknown>>, chosen: readonly Metric[]): void {
  const used = new Set(chosen.flatMap((metric) => Object.keys(metric.options.shape)));
  const all = z.object(Object.assign({}, ...metrics.map(({ options }) => options.shape)));
  const idle = Object.keys(givenOptions(flags, all)).find((name) => !used.has(name));
  if (idle === undefined) return;
  const owners = metrics.filter(({ options }) => idle in options.shape).map(({ name }) => name);
  throw new OptionError(
    `eval: ${idle} is an option of ${owners.join(", ")} - got it without ${owners.length > 1 ? "any of them" : `--metric ${owners[0]}`}`,
  );
}
