import { type Dirent } from "node:fs";
import { readFile, readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";

import { parseJson } from "../base/json.ts";
import { runStatuses } from "../run/index.ts";
import type { ResultRow, RunPage, RunRow, Scalar, Snapshot, WarningCard } from "./api.ts";

/** Maximum depth of folders that are searched for runs. */
const deepest = 5;

/** Files of a run that the page may ask for. */
const shownFile = /^(samples|pictures)\/[\w .-]+\.png$|^export\/[\w .-]+\.(onnx|json)$|^report\.html$/;

/** A run as its folder shows it: its newest files and when they changed, so that nothing is read twice. */
interface Known {
  readonly stamp: string;
  readonly row: RunRow;
}

/** The runs under one folder. Files of runs are only ever read. */
export class RunFolders {
  private readonly known = new Map<string, Known>();

  constructor(private readonly root: string) {}

  /** Every run, a broken one with its reason, by name. */
  async rows(): Promise<RunRow[]> {
    const ids = await this.find("", 0);
    for (const id of this.known.keys()) if (!ids.includes(id)) this.known.delete(id);
    return Promise.all(ids.map((id) => this.row(id)));
  }

  /** What a run's page shows; null for a folder that is no run of this one. */
  async page(id: string, control: RunPage["control"]): Promise<RunPage | null> {
    const folder = await this.folderOf(id);
    if (folder === null) return null;
    const row = await this.row(id);
    const record = await readJson(join(folder, "run.json"));
    const names = async (part: string, pattern: RegExp) =>
      (await readdir(join(folder, part)).catch(() => [])).filter((name) => pattern.test(name)).sort();
    const samples = await names("samples", /^\d+\.png$/);
    return {
      row,
      warnings: listOf(record, "warnings").map(cardOf),
      results: (await this.results(folder)).map(resultOf),
      samples: samples.map((name): Snapshot => ({ step: Number.parseInt(name, 10), file: `samples/${name}` })),
      reals: (await names("samples", /^reals\.png$/)).map((name) => `samples/${name}`)[0] ?? null,
      pictures: (await names("pictures", /\.png$/)).map((name) => `pictures/${name}`),
      exports: (await names("export", /\.onnx$/)).map((name) => `export/${name}`),
      report: await isThere(join(folder, "report.html")),
      control,
    };
  }

  /** The folder of a run; null for any other path, one that leaves the served folder among them. */
  async folderOf(id: string): Promise<string | null> {
    if (!isPlain(id)) return null;
    const root = await realpath(this.root);
    const folder = await realpath(join(root, id)).catch(() => null);
    if (folder === null || (folder !== root && !folder.startsWith(root + sep))) return null;
    return holdsRun(await readdir(folder).catch(() => [])) ? folder : null;
  }

  /** A file of a run that the page shows; null for any other. */
  async fileOf(id: string, name: string): Promise<string | null> {
    const folder = await this.folderOf(id);
    if (folder === null || !shownFile.test(name)) return null;
    const path = await realpath(join(folder, name)).catch(() => null);
    return path !== null && path.startsWith(folder + sep) && (await stat(path)).isFile() ? path : null;
  }

  private async find(id: string, depth: number): Promise<string[]> {
    const entries = await readdir(join(this.root, id), { withFileTypes: true }).catch((): Dirent[] => []);
    if (holdsRun(entries.map(({ name }) => name))) return [id === "" ? "." : id];
    if (depth === deepest) return [];
    const folders = entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules")
      .map(({ name }) => (id === "" ? name : `${id}/${name}`))
      .sort();
    return (await Promise.all(folders.map((inner) => this.find(inner, depth + 1)))).flat();
  }

  private async row(id: string): Promise<RunRow> {
    const folder = join(this.root, id);
    const stamp = await stampOf(folder);
    const known = this.known.get(id);
    if (known?.stamp === stamp) return known.row;
    const row = await this.readRow(id, folder);
    this.known.set(id, { stamp, row });
    return row;
  }

  private async readRow(id: string, folder: string): Promise<RunRow> {
    const record = await readJson(join(folder, "run.json"));
    const config = await readJson(join(folder, "config.json"));
    const status = runStatuses.find((each) => each === entryOf(record, "status"));
    const broken = [record, config].find((file) => file instanceof Error);
    const results = await this.results(folder);
    const reason = entryOf(record, "reason");
    return {
      id,
      status: broken !== undefined || status === undefined ? "broken" : status,
      reason: broken?.message ?? (status === undefined ? "run.json: has no status" : textOf(reason)),
      recipe: textOf(entryOf(config, "recipe")),
      step: numberOf(entryOf(record, "step")) ?? 0,
      steps: numberOf(entryOf(entryOf(config, "train"), "steps")) ?? 0,
      started: textOf(entryOf(record, "started")),
      seconds: numberOf(entryOf(record, "seconds")) ?? 0,
      config: config instanceof Error ? {} : flatten(config),
      results: Object.fromEntries(results.map((result) => [resultOf(result).label, resultOf(result).value])),
      warnings: listOf(record, "warnings").length,
    };
  }

  private async results(folder: string): Promise<unknown[]> {
    const names = (await readdir(join(folder, "eval")).catch(() => [])).filter((name) => name.endsWith(".json"));
    const read = await Promise.all(names.sort().map((name) => readJson(join(folder, "eval", name))));
    return read.filter((file) => !(file instanceof Error));
  }
}

/** No absolute path, no way up, no hidden folder, no character that a path may not have. */
function isPlain(id: string): boolean {
  if (id === ".") return true;
  return id.split("/").every((part) => part !== "" && !part.startsWith(".") && !/[\\\0]/.test(part));
}

/** A run that lost its record is one still. */
function holdsRun(names: readonly string[]): boolean {
  return names.includes("run.json") || (names.includes("config.json") && names.includes("checkpoints"));
}

export async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Changes when a file that a row is made of does. */
async function stampOf(folder: string): Promise<string> {
  const times = await Promise.all(
    ["run.json", "config.json", "eval"].map((name) =>
      stat(join(folder, name)).then(
        ({ mtimeMs, size }) => `${mtimeMs}:${size}`,
        () => "-",
      ),
    ),
  );
  return times.join(" ");
}

/** What a JSON file holds, or why it holds nothing. */
async function readJson(path: string): Promise<unknown> {
  const name = path.split(sep).at(-1)!;
  try {
    return parseJson(await readFile(path), name);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? new Error(`${name}: is not there`) : error;
  }
}

function entryOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || value instanceof Error) return undefined;
  return (value as Record<string, unknown>)[name];
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const list = entryOf(value, name);
  return Array.isArray(list) ? list : [];
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function cardOf(warning: unknown): WarningCard {
  const text = (name: string) => textOf(entryOf(warning, name)) ?? "";
  return {
    step: numberOf(entryOf(warning, "step")) ?? 0,
    symptom: text("symptom"),
    evidence: text("evidence"),
    hint: text("hint"),
  };
}

function resultOf(result: unknown): ResultRow {
  const [low, high] = listOf(result, "interval");
  return {
    label: textOf(entryOf(result, "label")) ?? textOf(entryOf(result, "metric")) ?? "",
    value: numberOf(entryOf(result, "value")),
    interval: [numberOf(low), numberOf(high)],
    floor: numberOf(entryOf(result, "floor")),
    perfect: textOf(entryOf(result, "perfect")) ?? "",
    n: numberOf(entryOf(result, "n")) ?? 0,
    unit: textOf(entryOf(result, "unit")) ?? "",
  };
}

/** Entries by dotted path; lists as the words of a flag. */
function flatten(value: unknown, path = ""): Record<string, Scalar> {
  if (Array.isArray(value)) return { [path]: value.join(",") };
  if (typeof value !== "object" || value === null) return { [path]: value as Scalar };
  return Object.assign(
    {},
    ...Object.entries(value).map(([name, inner]) => flatten(inner, path === "" ? name : `${path}.${name}`)),
  ) as Record<string, Scalar>;
}
