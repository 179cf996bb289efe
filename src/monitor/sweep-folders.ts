import { readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";

import { RunError } from "../base/errors.ts";
import { FolderStore } from "../node/index.ts";
import { lockHolder } from "../node/place.ts";
import {
  SweepLog,
  type SweepTable,
  failureLines,
  importanceNote,
  importancesShown,
  loggedTable,
  parallelOf,
  tableCells,
} from "../sweep/index.ts";
import type { SweepPage, SweepRow } from "./api.ts";
import { isPlain, pathInRun } from "./run-files.ts";

/** Maximum number of configurations on the page of a sweep; its files contain all of them. */
const shownConfigurations = 500;

/** Maximum size of a log that is read; it is enough for some hundred thousand trials. */
const largestLog = 512 * 2 ** 20;

/** A sweep, as read from its log when the log had this size. */
interface Known {
  readonly stamp: string;
  readonly table: SweepTable | RunError;
}

/** The sweeps in a folder and its subfolders. Their files are never written. */
export class SweepFolders {
  private readonly known = new Map<string, Known>();

  constructor(private readonly root: string) {}

  /** All sweeps by name, unreadable ones with the reason. */
  async rows(): Promise<SweepRow[]> {
    const ids: string[] = [];
    for (const folder of ["", ...(await foldersIn(this.root))]) {
      const sweeps = folder === "" ? "sweeps" : `${folder}/sweeps`;
      for (const name of await foldersIn(join(this.root, sweeps))) ids.push(`${sweeps}/${name}`);
    }
    const rows = await Promise.all(ids.map((id) => this.row(id)));
    return rows.filter((row) => row !== null);
  }

  /** Contents of the page of a sweep; null for a path that is not a sweep under the served folder. */
  async page(id: string): Promise<SweepPage | null> {
    const row = await this.row(id);
    const table = await this.table(id);
    if (row === null || table === null) return null;
    const nothing = { head: [], configurations: [], more: 0, parallel: null, importance: [], failures: [] };
    if (table instanceof RunError) return { row, importanceNote, ...nothing };
    const [head, ...cells] = tableCells(table) as [string[], ...string[][]];
    const trials = id.replace(/sweeps\/[^/]+$/, "trials");
    const best = table.best?.configuration;
    return {
      row,
      head,
      configurations: cells.slice(0, shownConfigurations).map((own) => {
        const configuration = table.rows[Number.parseInt(own[0]!, 10)]!;
        const runs = configuration.trials.map(({ id: trial, seed, status, value }) => {
          return { run: `${trials}/${trial}`, seed, status, value };
        });
        return { cells: own, best: configuration.configuration === best, trials: runs };
      }),
      more: Math.max(0, cells.length - shownConfigurations),
      parallel: parallelOf(table),
      importance: importancesShown(table),
      importanceNote,
      failures: failureLines(table),
    };
  }

  private async row(id: string): Promise<SweepRow | null> {
    const table = await this.table(id);
    if (table === null) return null;
    const name = id.slice(id.lastIndexOf("/") + 1);
    const running = (await lockHolder(join(this.root, id)).catch(() => null)) !== null;
    if (table instanceof RunError) {
      const nothing = { recipe: "", method: "", metric: "", trials: 0, ended: 0, best: null };
      return { id, name, problem: table.message, running, ...nothing };
    }
    const trials = table.rows.flatMap((row) => row.trials);
    return {
      id,
      name,
      problem: null,
      running,
      recipe: table.recipe,
      method: table.method,
      metric: table.metric.name,
      trials: trials.length,
      ended: trials.filter(({ status }) => status !== "open").length,
      best: table.best === null ? null : table.rows[table.best.configuration]!.mean,
    };
  }

  /** The table of a sweep, or the reason why it cannot be read; null for a folder that is not a sweep. */
  private async table(id: string): Promise<SweepTable | RunError | null> {
    const folder = await this.folderOf(id);
    if (folder === null) return null;
    const [record, log] = await Promise.all(
      ["sweep.json", "sweep.jsonl"].map((file) => stat(join(folder, file)).catch(() => null)),
    );
    const stamp = `${record?.mtimeMs} ${log?.mtimeMs} ${log?.size}`;
    const known = this.known.get(id);
    if (known?.stamp === stamp) return known.table;
    const table = await tableIn(folder, log?.size ?? 0);
    if (table !== null) this.known.set(id, { stamp, table });
    return table;
  }

  private async folderOf(id: string): Promise<string | null> {
    if (!isPlain(id) || !/(^|\/)sweeps\/[^/]+$/.test(id)) return null;
    const root = await realpath(this.root).catch(() => null);
    const folder = await realpath(join(this.root, id)).catch(() => null);
    return root !== null && folder !== null && folder.startsWith(root + sep) ? folder : null;
  }
}

async function tableIn(folder: string, size: number): Promise<SweepTable | RunError | null> {
  if (size > largestLog) return new RunError(`sweep.jsonl: must be at most 512 MiB - got ${size} bytes`);
  try {
    for (const file of ["sweep.json", "sweep.jsonl"]) await pathInRun(folder, file);
    const log = await SweepLog.open(new FolderStore(folder));
    return log && loggedTable(log);
  } catch (error) {
    return error instanceof RunError ? error : new RunError((error as Error).message);
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .toSorted();
}
