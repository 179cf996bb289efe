import { z } from "zod";

import { OptionError } from "../base/errors.ts";
import { nearest, suggestion } from "../base/nearest.ts";
import { dataOptions } from "../run/index.ts";
import { methods } from "./methods/index.ts";

const scalar = z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()]))], {
  error: "must be text, a number, true, false or a list of numbers or words",
});
const bound = z.number({ error: "must be a number" });

/** How values are drawn between `min` and `max`. */
const distributions = ["uniform", "log_uniform_values", "int_uniform"] as const;

const parameter = z
  .strictObject({
    value: scalar.optional().meta({ description: "the same value in all trials" }),
    values: z
      .array(scalar, { error: "must be a list" })
      .min(1, { error: "must not be empty" })
      .optional()
      .meta({ description: "values to choose from" }),
    min: bound.optional().meta({ description: "smallest value" }),
    max: bound.optional().meta({ description: "largest value" }),
    distribution: z
      .enum(distributions, { error: `must be one of ${distributions.join(", ")}` })
      .optional()
      .meta({
        description:
          "distribution between min and max: uniform, log_uniform_values (uniform in the logarithm) or int_uniform (default: int_uniform if min and max are whole numbers, else uniform)",
      }),
  })
  .meta({ description: "a value, values to choose from, or a range" });

const methodNames = methods.map(({ name }) => name) as [string, ...string[]];
const seedsRule = "must be a number of seeds from 1, or a list of seeds from 0";
const whole = (error: string) => z.int({ error });

/** The sweep file; its entries are named as in those of Weights & Biases. */
const sweepFile = z
  .strictObject({
    name: z
      .string({ error: "must be text" })
      .regex(/^\w[\w.-]*$/, { error: "must be letters, digits, _, - and ." })
      .optional()
      .meta({ description: "name of the sweep and of its folder (default: the name of the file)" }),
    description: z.string().optional().meta({ description: "a comment; ignored" }),
    recipe: z
      .string({ error: "must be the name of a recipe, or a .js or .ts file that exports one" })
      .meta({ description: "recipe to train (zaya list recipes), or a .js or .ts file that exports one" }),
    data: z
      .union([z.string(), z.strictObject(dataOptions.shape)], { error: "must be a data set, a folder or a file" })
      .meta({
        description: "data set, folder or file; or an object with spec and options such as size and limit",
      }),
    device: z
      .string({ error: "must be the name of a device" })
      .default("auto")
      .meta({ description: "engine to train on" }),
    threads: whole("must be a positive integer")
      .min(1, { error: "must be at least 1" })
      .default(1)
      .meta({ description: "threads per trial; fixed for the sweep, as the last digits can depend on it" }),
    method: z
      .enum(methodNames, { error: `must be one of ${methodNames.join(", ")}` })
      .meta({ description: methods.map(({ name, summary }) => `${name}: ${summary}`).join("; ") }),
    metric: z
      .strictObject({
        name: z.string({ error: "must be the name of a scalar" }).meta({
          description: "metric on held-out items (elbo, kid), or scalar of metrics.jsonl (vae/loss)",
        }),
        goal: z.enum(["minimize", "maximize"], { error: "must be minimize or maximize" }).default("minimize"),
      })
      .meta({ description: "metric that the search minimises or maximises" }),
    parameters: z
      .record(z.string(), z.union([parameter, scalar]), { error: "must be parameters by name" })
      .meta({ description: "options of the recipe, of training or of the data by name: latent, learningRate, limit" }),
    seeds: z
      .union(
        [
          whole(seedsRule).min(1, { error: seedsRule }),
          z.array(whole(seedsRule).min(0, { error: seedsRule })).min(1, { error: seedsRule }),
        ],
        {
          error: seedsRule,
        },
      )
      .default(1)
      .meta({ description: "seeds per configuration: a number n for 0 to n - 1, or a list" }),
    run_cap: whole("must be a positive integer")
      .min(1, { error: "must be at least 1" })
      .optional()
      .meta({ description: "maximum number of trials, seeds counted" }),
    early_terminate: z
      .strictObject({
        type: z.enum(["asha", "hyperband"], { error: "must be asha or hyperband" }).default("asha"),
        min_iter: whole("must be a positive integer")
          .min(1, { error: "must be at least 1" })
          .meta({ description: "steps after which a configuration is first compared" }),
        eta: z
          .number({ error: "must be a number" })
          .min(2, { error: "must be at least 2" })
          .default(3)
          .meta({ description: "the best 1/eta of the configurations continue, to eta times the steps" }),
      })
      .optional()
      .meta({ description: "stop configurations that fall behind (asynchronous successive halving)" }),
  })
  .meta({ title: "zaya sweep", description: "A set of training runs of one recipe over hyperparameters and seeds." });

/** The content of a sweep file, with defaults filled in. */
export type SweepFile = z.output<typeof sweepFile>;

/** The JSON schema of the sweep file, for editors. */
export function sweepFileSchema(): object {
  return z.toJSONSchema(sweepFile, { io: "input", unrepresentable: "any" });
}

/** Checks the form of a sweep file. @throws OptionError naming the entry, the rule and the value. */
export function parseSweepFile(raw: unknown, where: string): SweepFile {
  const result = sweepFile.safeParse(raw);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const path = issue.path.join(".");
  const at = issue.path.reduce<unknown>(
    (inner, part) => (inner as Record<PropertyKey, unknown> | undefined)?.[part],
    raw,
  );
  if (issue.code === "unrecognized_keys") throw unknownEntry(where, path, issue.keys[0]!);
  const entry = `${where}: ${path === "" ? "the sweep" : path}`;
  if (at === undefined) throw new OptionError(`${entry} is missing`);
  throw new OptionError(`${entry} ${issue.message} - got ${JSON.stringify(at).slice(0, 60)}`);
}

function unknownEntry(where: string, path: string, key: string): OptionError {
  const known = Object.keys(
    path === "" ? sweepFile.shape : path.startsWith("parameters") ? parameter.shape : fieldsAt(path),
  );
  const close = nearest(key, known);
  return new OptionError(
    `${where}: there is no entry ${path === "" ? "" : `${path}.`}${key}`,
    close === null ? `entries: ${known.join(", ")}` : suggestion(key, known, "entries"),
  );
}

function fieldsAt(path: string): Readonly<Record<string, unknown>> {
  const field = sweepFile.shape[path as keyof typeof sweepFile.shape] as
    | { def?: { innerType?: z.ZodObject } }
    | undefined;
  const inner = field?.def?.innerType ?? field;
  return (inner as z.ZodObject | undefined)?.shape ?? {};
}

/** The seeds that each configuration is trained with. */
export function seedsOf({ seeds }: Pick<SweepFile, "seeds">): readonly number[] {
  return typeof seeds === "number" ? Array.from({ length: seeds }, (_, seed) => seed) : [...new Set(seeds)];
}

/** The parameters that vary between trials. */
export function variedParameters({ parameters }: Pick<SweepFile, "parameters">): string[] {
  return Object.entries(parameters).flatMap(([name, given]) => {
    const isFixed =
      typeof given !== "object" || Array.isArray(given) || (given as { value?: unknown }).value !== undefined;
    return isFixed || given.values?.length === 1 ? [] : [name];
  });
}
