import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { DataError, OptionError } from "../base/errors.ts";
import { formatShape } from "../base/ndarray.ts";
import { Sha256 } from "../base/sha256.ts";
import { type DataSplit, type Dataset, checkValues } from "../data/index.ts";
import type { Symptom } from "../diagnosis/index.ts";
import type { Metric } from "../metrics/index.ts";
import type { Recipe } from "../models/index.ts";
import type { RecipeModule } from "../run/index.ts";
import type { DataParts } from "./data-parts.ts";

/** Endings of files that can export a custom recipe or data. */
const moduleEndings = [".js", ".mjs", ".ts", ".mts"];

/** Whether a word is the path of a code file, judging by its ending. */
export function isModulePath(word: string): boolean {
  return moduleEndings.includes(extname(word));
}

/** Fields that a recipe needs in addition to its name and build, with the type of each: a JavaScript file has not been type-checked. */
const parts = [
  ["summary", "string"],
  ["source", "string"],
  ["options", "object"],
  ["defaults", "object"],
] as const;

/** A custom recipe from a file. */
export interface OwnRecipe extends Recipe {
  readonly module: RecipeModule;
}

/**
 * Imports the recipe that a JavaScript or TypeScript file exports, as its default or as its only recipe.
 * @throws OptionError when the file does not exist, cannot be imported, or exports no complete recipe.
 */
export async function importRecipe(path: string): Promise<OwnRecipe> {
  const { exported, sha256 } = await importOwn(path, "a recipe");
  const found = [...new Set(Object.values(exported).filter(isRecipe))];
  const recipe = isRecipe(exported["default"]) ? exported["default"] : found[0];
  if (recipe === undefined || (found.length > 1 && !isRecipe(exported["default"]))) {
    const got = found.length === 0 ? "none" : found.map(({ definition }) => definition.name).join(", ");
    throw new OptionError(
      `${path}: must export one recipe, made by defineModel of zaya/models - got ${got}`,
      "export default defineModel({ ... })",
    );
  }
  const { definition } = recipe;
  const missing = parts.filter(([part, type]) => typeof definition[part] !== type).map(([part]) => part);
  if (missing.length > 0) {
    throw new OptionError(
      `${path}: the recipe ${definition.name} must have ${parts.map(([part]) => part).join(", ")}, but lacks ${missing.join(", ")}`,
      "docs/your-own-model.md describes each of them",
    );
  }
  return { definition, module: { path: resolve(path), sha256 } };
}

/** Fields of a metric and of a symptom, with the type of each. */
const metricFields = [
  ["name", "string"],
  ["summary", "string"],
  ["source", "string"],
  ["perfect", "string"],
  ["needs", "string"],
  ["options", "object"],
  ["measure", "function"],
] as const;
const symptomFields = [
  ["name", "string"],
  ["summary", "string"],
  ["needs", "string"],
  ["check", "function"],
] as const;

/**
 * Imports the metric that a JavaScript or TypeScript file exports as its default.
 * @throws OptionError when the file cannot be imported, or exports no metric with all its fields.
 */
export async function importMetric(path: string): Promise<Metric> {
  const { exported } = await importOwn(path, "a metric");
  return requireFields<Metric>(
    path,
    "a metric, made by defineMetric of zaya/metrics",
    exported["default"],
    metricFields,
  );
}

/**
 * Imports the symptom that a JavaScript or TypeScript file exports as its default.
 * @throws OptionError when the file cannot be imported, or exports no symptom with all its fields.
 */
export async function importSymptom(path: string): Promise<Symptom> {
  const { exported } = await importOwn(path, "a symptom");
  return requireFields<Symptom>(path, "a symptom", exported["default"], symptomFields);
}

function requireFields<T>(
  path: string,
  what: string,
  value: unknown,
  fields: readonly (readonly [field: string, type: string])[],
): T {
  const found = (value ?? {}) as Readonly<Record<string, unknown>>;
  const missing = fields.filter(([field, type]) => typeof found[field] !== type).map(([field]) => field);
  if (missing.length === 0) return value as T;
  throw new OptionError(
    `${path}: must export ${what} as its default${value === undefined ? "" : `, but the default export lacks ${missing.join(", ")}`}`,
    "docs/your-own-model.md shows an example",
  );
}

/**
 * Imports the data that a JavaScript or TypeScript file exports as its default: a data set, its training and test
 * splits, or a function that returns one of these.
 * @throws OptionError when the file cannot be imported, or exports something else.
 */
export async function importData(path: string): Promise<DataParts> {
  const { exported } = await importOwn(path, "data");
  const found = exported["default"];
  const given: unknown = typeof found === "function" ? await (found as () => unknown)() : found;
  if (isDataset(given)) return { train: await checked(path, given), test: null };
  const { train, test } = (given ?? {}) as Partial<DataSplit>;
  if (isDataset(train) && isDataset(test))
    return { train: await checked(path, train), test: await checked(path, test) };
  throw new OptionError(
    `${path}: must export data as its default: a data set, { train, test }, or a function that returns one - got ${given === null ? "null" : typeof given}`,
    "export default arrayDataset({ name, kind, items }), from zaya/data",
  );
}

/**
 * Imports a JavaScript or TypeScript file. @returns Its exports, and the SHA-256 of its bytes.
 * @param what What the file should export, for messages.
 * @throws OptionError if the file does not exist or cannot be imported.
 */
export async function importOwn(
  path: string,
  what: string,
): Promise<{ readonly exported: Readonly<Record<string, unknown>>; readonly sha256: string }> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new OptionError(`${what} must be in a file that can be read - got ${path} (${error.code})`);
  });
  if (!isModulePath(path)) {
    throw new OptionError(`${what} must be in a file that ends in ${moduleEndings.join(", ")} - got ${path}`);
  }
  try {
    const exported = (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
    return { exported, sha256: new Sha256().update(bytes).hex() };
  } catch (error) {
    throw refusal(path, error);
  }
}

function refusal(path: string, error: unknown): OptionError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ERR_UNKNOWN_FILE_EXTENSION") {
    return new OptionError(
      `${path}: Node ${process.versions.node} cannot load TypeScript`,
      "use Node 22.18 or newer, compile the file to .js, or load it through tsx: NODE_OPTIONS='--import tsx'",
    );
  }
  const hint = /Cannot find package 'zaya'/.test(message)
    ? "npm install zaya in the file's project"
    : "run the file by itself to see where it fails: node FILE";
  return new OptionError(`${path}: must be a module that can be imported - ${message}`, hint);
}

function isDataset(value: unknown): value is Dataset {
  const { read, size, shape } = (value ?? {}) as Partial<Dataset>;
  return typeof read === "function" && Number.isInteger(size) && Array.isArray(shape);
}

/** Fields that a data set needs in addition to its items, with what each must be. */
const dataFields: readonly (readonly [
  field: keyof Dataset,
  rule: string,
  fits: (value: unknown, data: Dataset) => boolean,
])[] = [
  ["name", "a string", (value) => typeof value === "string"],
  ["kind", "image, points or pair", (value) => ["image", "points", "pair"].includes(value as string)],
  [
    "labels",
    "null or an Int32Array with a class for each item",
    (value, { size }) => value === null || (value instanceof Int32Array && value.length === size),
  ],
  ["skipped", "an array, empty where no file was skipped", Array.isArray],
  [
    "fingerprint",
    "a string that changes with the items, such as fingerprintOf(text) of zaya/data",
    (value) => typeof value === "string",
  ],
];

/**
 * Checks the fields of a data set that has not been type-checked, and reads its first and last item.
 * @throws OptionError for a missing field. @throws DataError for items that are not what the data set says.
 */
async function checked(path: string, data: Dataset): Promise<Dataset> {
  for (const [field, rule, fits] of dataFields) {
    if (fits(data[field], data)) continue;
    throw new OptionError(
      `${path}: ${field} of a data set must be ${rule} - got ${brief(data[field])}`,
      "docs/your-own-model.md describes each of them",
    );
  }
  if (data.size === 0) return data;
  const items = await data.read([0, data.size - 1]);
  const wanted = [2, ...data.shape];
  if (items?.dtype !== "float32" || items.shape.join() !== wanted.join()) {
    const got = Array.isArray(items?.shape) ? `${items.dtype} ${formatShape(items.shape)}` : typeof items;
    throw new DataError(`${path}: read([0, ${data.size - 1}]) must return float32 ${formatShape(wanted)} - got ${got}`);
  }
  checkValues(items, data.kind === "points" ? "points" : "image", `${path}: read([0, ${data.size - 1}])`);
  return data;
}

function brief(value: unknown): string {
  return typeof value === "string" ? value : value === null ? "null" : typeof value;
}

function isRecipe(value: unknown): value is Recipe {
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return false;
  const { definition } = value as Partial<Recipe>;
  return typeof definition?.build === "function" && typeof definition.name === "string";
}
