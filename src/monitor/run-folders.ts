import { access, constants, readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";

import { systemClock } from "../base/clock.ts";
import { quantityNames } from "../evaluation/evaluate.ts";
import { lockHolder } from "../node/place.ts";
import { codeOf } from "../node/folder-store.ts";
import { runStatuses } from "../run/index.ts";
import type { ResultRow, RunPage, RunRow, Scalar, Snapshot, WarningCard } from "./api.ts";
import { holdsRun, isPlain, pathInRun, readJson, shownFile } from "./run-files.ts";

/** Maximum depth of folders that are searched for runs. */
const deepest = 5;

/** Milliseconds for which a list of rows is reused, because several pages request it. */
const fresh = 1000;

/** A run with the modification times of its files, so that only changed files are read again. */
interface Known {
  readonly stamp: string;
  readonly row: RunRow;
}

/** A folder with a run, or one that could not be searched. */
interface Found {
  readonly id: string;
  readonly refused?: string;
}

/** The runs in a folder and its subfolders. Their files are only read. */
export class RunFolders {
  private readonly known = new Map<string, Known>();
  private asked: { readonly at: number; readonly rows: Promise<readonly RunRow[]> } | null = null;

  constructor(private readonly root: string) {}

  /** All runs by name, unreadable ones with the reason. An unchanged row is the same object as before. */
  rows(): Promise<readonly RunRow[]> {
    const at = systemClock.now();
    if (this.asked === null || at - this.asked.at > fresh) this.asked = { at, rows: this.readRows() };
    return this.asked.rows;
  }

  /** Contents of a run's page, except whether it can be stopped or resumed; null for a path that is not a run under the served folder. */
  async page(id: string): Promise<Omit<RunPage, "control" | "fixed"> | null> {
    const folder = await this.folderOf(id);
    if (folder === null) return null;
    const row = await this.row({ id });
    const record = await readJson(folder, "run.json");
    const names = async (part: string, pattern: RegExp) => {
      const path = await pathInRun(folder, part).catch(() => null);
      return path === null ? [] : (await readdir(path).catch(() => [])).filter((name) => pattern.test(name)).sort();
    };
    const samples = await names("samples", /^\d+\.png$/);
    return {
      row,
      warnings: listOf(record, "warnings").map(cardOf),
      results: (await results(folder)).map(resultOf),
      samples: samples.map((name): Snapshot => ({ step: Number.parseInt(name, 10), file: `samples/${name}` })),
      reals: (await names("samples", /^reals\.png$/)).map((name) => `samples/${name}`)[0] ?? null,
      pictures: (await names("pictures", /\.png$/)).map((name) => `pictures/${name}`),
      exports: (await names("export", /\.onnx$/)).map((name) => `export/${name}`),
      report: (await this.fileOf(id, "report.html")) !== null,
      quantities: quantityNames,
    };
  }

  /** The folder of a run; null for any other path, including paths outside the served folder. */
  async folderOf(id: string): Promise<string | null> {
    if (!isPlain(id)) return null;
    const root = await realpath(this.root).catch(() => null);
    if (root === null) return null;
    const folder = await realpath(join(root, id)).catch(() => null);
    if (folder === null || (folder !== root && !folder.startsWith(root + sep))) return null;
    return holdsRun(await readdir(folder).catch(() => [])) ? folder : null;
  }

  /** A file of a run that the page may show; null for any other file. */
  async fileOf(id: string, name: string): Promise<string | null> {
    const folder = await this.folderOf(id);
    if (folder === null || !shownFile.test(name)) return null;
    const path = await pathInRun(folder, name).catch(() => null);
    return path !== null && (await isFile(path)) ? path : null;
  }

  private async readRows(): Promise<readonly RunRow[]> {
    const found = await this.find("", 0);
    const ids = new Set(found.map(({ id }) => id));
    for (const id of this.known.keys()) if (!ids.has(id)) this.known.delete(id);
    return Promise.all(found.map((each) => this.row(each)));
  }

  private async find(id: string, depth: number): Promise<Found[]> {
    const own = id === "" ? "." : id;
    let entries;
    try {
      entries = await readdir(join(this.root, id), { withFileTypes: true });
    } catch (error) {
      // It was removed after it had been listed.
      if (["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "")) return [];
      const why = codeOf(error) === "EACCES" ? "permission denied" : String(codeOf(error));
      return [{ id: own, refused: `the folder must be readable - got ${why}` }];
    }
    if (holdsRun(entries.map(({ name }) => name))) return [{ id: own }];
    if (depth === deepest) return [];
    const folders = entries
      .filter((entry) => entry.isDirectory() && isPlain(entry.name) && entry.name !== "node_modules")
      .map(({ name }) => (id === "" ? name : `${id}/${name}`))
      .sort();
    return (await Promise.all(folders.map((inner) => this.find(inner, depth + 1)))).flat();
  }

  private async row({ id, refused }: Found): Promise<RunRow> {
    const folder = join(this.root, id);
    const stamp = refused ?? (await stampOf(folder));
    const known = this.known.get(id);
    if (known?.stamp === stamp) return known.row;
    // A single unexpected file must not break the whole table.
    const row =
      refused === undefined
        ? await readRow(id, folder).catch((error: unknown) => brokenRow(id, (error as Error).message))
        : brokenRow(id, refused);
    this.known.set(id, { stamp, row });
    return row;
  }
}

/** Why a folder is not writable; null if this process can write to it. */
export async function writeRefusal(folder: string): Promise<string | null> {
  try {
    await access(folder, constants.W_OK);
    return null;
  } catch (error) {
    const code = codeOf(error);
    return code === "EROFS"
      ? "its disk is mounted read-only"
      : code === "EACCES"
        ? "it is write-protected"
        : String(code);
  }
}

function brokenRow(id: string, reason: string): RunRow {
  const nothing = { recipe: null, step: 0, steps: 0, started: null, seconds: 0, config: {}, results: {}, warnings: 0 };
  return { id, status: "broken", reason, ...nothing };
}

async function readRow(id: string, folder: string): Promise<RunRow> {
  const record = await readJson(folder, "run.json");
  const config = await readJson(folder, "config.json");
  const status = runStatuses.find((each) => each === entryOf(record, "status"));
  const recipe = textOf(entryOf(config, "recipe"));
  const broken =
    [record, config].find((file) => file instanceof Error)?.message ??
    (status === undefined ? "run.json: has no valid run status" : null) ??
    (recipe === null ? "config.json: has no recipe" : null);
  const measured = await results(folder);
  const gone = status === "running" && (await lockHolder(folder).catch(() => null)) === null;
  return {
    id,
    status: broken !== null ? "broken" : gone ? "interrupted" : status!,
    reason: broken ?? (gone ? "its process ended without reporting a status" : textOf(entryOf(record, "reason"))),
    recipe,
    step: numberOf(entryOf(record, "step")) ?? 0,
    steps: numberOf(entryOf(entryOf(config, "train"), "steps")) ?? 0,
    started: textOf(entryOf(record, "started")),
    seconds: numberOf(entryOf(record, "seconds")) ?? 0,
    config: isRecord(config) ? flatten(config) : {},
    results: Object.fromEntries(measured.map((result) => [resultOf(result).label, resultOf(result).value])),
    warnings: listOf(record, "warnings").length,
  };
}

async function results(folder: string): Promise<unknown[]> {
  const path = await pathInRun(folder, "eval").catch(() => null);
  const names = path === null ? [] : (await readdir(path).catch(() => [])).filter((name) => name.endsWith(".json"));
  const read = await Promise.all(names.sort().map((name) => readJson(folder, `eval/${name}`)));
  return read.filter(isRecord);
}

export async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path)).isFile();
}

/** Changes when a file on which a row depends changes, or the process that writes it ends. */
async function stampOf(folder: string): Promise<string> {
  const times = await Promise.all(
    ["run.json", "config.json", "eval", ".lock"].map((name) =>
      stat(join(folder, name)).then(
        ({ mtimeMs, size }) => `${mtimeMs}:${size}`,
        () => "-",
      ),
    ),
  );
  if (times[3] === "-") return times.join(" ");
  return `${times.join(" ")} ${(await lockHolder(folder).catch(() => null))?.pid}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Error);
}

function entryOf(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
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
    label: textOf(entryOf(result, "quantity")) ?? textOf(entryOf(result, "metric")) ?? "",
    value: numberOf(entryOf(result, "value")),
    interval: [numberOf(low), numberOf(high)],
    floor: numberOf(entryOf(result, "floor")),
    perfect: textOf(entryOf(result, "perfect")) ?? "",
    n: numberOf(entryOf(result, "n")) ?? 0,
    unit: textOf(entryOf(result, "unit")) ?? "",
  };
}

/** Entries by dotted path; lists as text, as in a flag. */
function flatten(value: unknown, path = ""): Record<string, Scalar> {
  if (Array.isArray(value)) return { [path]: value.join(",") };
  if (typeof value !== "object" || value === null) return { [path]: value as Scalar };
  return Object.assign(
    {},
    ...Object.entries(value).map(([name, inner]) => flatten(inner, path === "" ? name : `${path}.${name}`)),
  ) as Record<string, Scalar>;
}
