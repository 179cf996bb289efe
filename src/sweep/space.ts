import { OptionError } from "../base/errors.ts";
import { suggestion } from "../base/nearest.ts";
import type { ModelDefinition } from "../models/index.ts";
import { dataOptions, trainOptions } from "../run/index.ts";
import type { SweepFile } from "./sweep-file.ts";

/** A value of a parameter, as in a config. */
export type ParameterValue = string | number | boolean | readonly (string | number)[];

/** Values that a parameter can have. */
export type Domain =
  | { readonly kind: "choice"; readonly values: readonly ParameterValue[] }
  | {
      readonly kind: "range";
      readonly min: number;
      readonly max: number;
      /** Whether values are log-uniform. */
      readonly log: boolean;
      readonly whole: boolean;
    };

/** An option that a sweep varies or fixes. */
interface Parameter {
  /** Its name in the sweep file: `latent` or `model.latent`. */
  readonly name: string;
  readonly section: "model" | "train" | "data";
  readonly option: string;
  readonly domain: Domain;
}

/** The parameters of a sweep, in the order of its file. */
export type Space = readonly Parameter[];

/** A value for each parameter, by its name. */
export type Assignment = Readonly<Record<string, ParameterValue>>;

/** The seed is not a parameter: mean and standard error are taken over seeds. */
const withoutSeed = Object.keys(trainOptions.shape).filter((name) => name !== "seed");

/** @throws OptionError for a parameter that is not an option of the recipe, the training or the data, and for an invalid range. */
export function spaceOf(
  { parameters }: Pick<SweepFile, "parameters">,
  definition: ModelDefinition,
  where: string,
): Space {
  const sections = {
    model: Object.keys(definition.options.shape),
    train: withoutSeed,
    data: Object.keys(dataOptions.shape),
  };
  const names = Object.values(sections).flat();
  return Object.entries(parameters).map(([name, given]) => {
    const [, prefix, rest] = /^(model|train|data)\.(.+)$/.exec(name) ?? [];
    const option = rest ?? name;
    const owners = (Object.keys(sections) as (keyof typeof sections)[]).filter(
      (section) => (prefix === undefined || section === prefix) && sections[section].includes(option),
    );
    if (owners.length === 1) {
      return { name, section: owners[0]!, option, domain: domainOf(given, `${where}: parameters.${name}`) };
    }
    if (owners.length > 1) {
      throw new OptionError(
        `${where}: parameters.${name} must name one option, but both ${owners.join(" and ")} have it`,
        `write ${owners.map((owner) => `${owner}.${name}`).join(" or ")}`,
      );
    }
    throw new OptionError(
      `${where}: parameters.${name} must be an option of ${definition.name}, of training or of the data`,
      option === "seed" ? "seeds go into the entry seeds" : suggestion(option, names, "options"),
    );
  });
}

function domainOf(given: SweepFile["parameters"][string], where: string): Domain {
  if (typeof given !== "object" || Array.isArray(given)) return { kind: "choice", values: [given as ParameterValue] };
  const { value, values, min, max, distribution } = given as Exclude<typeof given, ParameterValue>;
  const forms = [value !== undefined, values !== undefined, min !== undefined || max !== undefined];
  if (forms.filter(Boolean).length !== 1) {
    throw new OptionError(`${where} must have one of value, values, or min and max - got ${JSON.stringify(given)}`);
  }
  if (min === undefined && max === undefined) {
    if (distribution !== undefined) throw new OptionError(`${where}: ${distribution} needs min and max`);
    return { kind: "choice", values: distinct(values ?? [value!]) };
  }
  if (min === undefined || max === undefined || min >= max) {
    throw new OptionError(`${where}: min must be less than max - got ${min ?? "none"} and ${max ?? "none"}`);
  }
  const integral = Number.isSafeInteger(min) && Number.isSafeInteger(max);
  const chosen = distribution ?? (integral ? "int_uniform" : "uniform");
  if (chosen === "int_uniform" && !integral) {
    throw new OptionError(`${where}: int_uniform needs whole numbers - got ${min} and ${max}`);
  }
  if (chosen === "log_uniform_values" && min <= 0) {
    throw new OptionError(`${where}: log_uniform_values needs a min above 0 - got ${min}`);
  }
  return { kind: "range", min, max, log: chosen === "log_uniform_values", whole: chosen === "int_uniform" };
}

function distinct(values: readonly ParameterValue[]): ParameterValue[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/** Number of combinations; Infinity if a parameter has a continuous range. */
export function combinationsOf(space: Space): number {
  return space.reduce((product, { domain }) => product * sizeOfDomain(domain), 1);
}

function sizeOfDomain(domain: Domain): number {
  if (domain.kind === "choice") return domain.values.length;
  return domain.whole ? domain.max - domain.min + 1 : Infinity;
}

/** The value at a fraction of a range, 0 at its start and 1 at its end, rounded to ten digits. */
export function valueAt(domain: Extract<Domain, { kind: "range" }>, share: number): number {
  const { min, max, log, whole } = domain;
  const clipped = Math.min(1, Math.max(0, share));
  if (whole) return Math.min(max, min + Math.floor(clipped * (max - min + 1)));
  const value = log ? Math.exp(Math.log(min) + clipped * Math.log(max / min)) : min + clipped * (max - min);
  return Math.min(max, Math.max(min, Number(value.toPrecision(10))));
}

/**
 * The fraction of a range at which a value lies: the inverse of `valueAt`. For whole numbers, the middle of the interval that
 * rounds to the value.
 */
export function shareAt(domain: Extract<Domain, { kind: "range" }>, value: number): number {
  const { min, max, log, whole } = domain;
  if (whole) return (value - min + 0.5) / (max - min + 1);
  return log ? Math.log(value / min) / Math.log(max / min) : (value - min) / (max - min);
}

/** A key that identifies an assignment. */
export function assignmentKey(assignment: Assignment): string {
  return JSON.stringify(Object.entries(assignment));
}
