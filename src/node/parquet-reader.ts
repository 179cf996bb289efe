import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";

import { DataError } from "../base/errors.ts";
import type { NumberFault, OpenedParquet, ParquetAnswer, ParquetRequest } from "./parquet-worker.ts";
import { defaultBytes } from "./read-file.ts";

/** Maximum duration of a request in seconds: a constant, plus an amount for each MiB that is read and each million cells. */
const [patience, perMebibyte, perMillion] = [10, 1, 1];
/** Memory that decoding may use: a fixed number of bytes, plus a multiple of the bytes that it reads and returns. */
const [spare, copies] = [2 ** 28, 6];
/** Poll interval for the memory use, in ms. */
const glance = 25;
/** Maximum ratio of the memory of cells to the bytes of their file, except for small amounts. */
const maxExpansion = 256;
const freeCells = 2 ** 23;

type Answer<Name extends string> = Extract<ParquetAnswer, { readonly [key in Name]: unknown }>[Name];

/**
 * Decodes Parquet files in a separate thread with limits on time and memory: a file that keeps the decoder busy
 * forever, or expands to fill the memory, is refused. Reads one file at a time; it can open others afterwards.
 */
export class ParquetReader {
  private worker: Worker | null = null;
  private where = "";
  private file: OpenedParquet | null = null;

  /** @param seconds Constant part of a request's maximum duration. @param keep Whether the thread is kept for the next file. */
  constructor(
    private readonly seconds: number = patience,
    private readonly keep: boolean = false,
  ) {}

  /** @throws DataError if it is not a Parquet file, or is damaged. */
  async open(path: string, where: string): Promise<OpenedParquet> {
    this.where = where;
    this.file = (await this.ask("opened", { ask: "open", path }, 0)) as Answer<"opened">;
    return this.file;
  }

  /** Numbers of some columns of a row group, in row-major order; or the first value that is not a number. */
  async numbers(group: number, columns: readonly number[]): Promise<Float64Array<ArrayBuffer> | NumberFault> {
    this.requireCells(columns.length);
    const { rows } = this.file!.groups[group]!;
    const request = { ask: "numbers", group, columns } as const;
    return (await this.ask(["numbers", "fault"], request, rows * columns.length)) as
      | Answer<"numbers">
      | Answer<"fault">;
  }

  /** Values of some columns of a row group, column by column. */
  async values(group: number, columns: readonly number[]): Promise<readonly (readonly unknown[])[]> {
    this.requireCells(columns.length);
    const { rows } = this.file!.groups[group]!;
    return (await this.ask("values", { ask: "values", group, columns }, rows * columns.length)) as Answer<"values">;
  }

  /** @throws DataError if the file has changed since it was opened. */
  async close(): Promise<void> {
    if (this.worker === null) return;
    try {
      if (this.file !== null) await this.ask("closed", { ask: "close" }, 0);
      this.file = null;
    } finally {
      if (!this.keep) await this.end();
    }
  }

  /** @throws DataError if the file declares more rows than its size allows. */
  private requireCells(columns: number): void {
    const { size, groups } = this.file!;
    const rows = groups.reduce((sum, group) => sum + group.rows, 0);
    const cells = rows * columns;
    const most = Math.min(defaultBytes() / 8, Math.max(freeCells, (maxExpansion * size) / 8));
    if (cells <= most) return;
    throw new DataError(
      `${this.where} must have at most ${Math.floor(most)} cells, since it has only ${size} bytes - got ${rows} rows of ${columns}`,
      "save fewer rows or columns, or a .npy file, which is read item by item",
    );
  }

  /** @param cells Number of cells in the answer. */
  private async ask(names: string | readonly string[], request: ParquetRequest, cells: number): Promise<unknown> {
    const bytes = "group" in request ? this.file!.groups[request.group]!.bytes : 0;
    const mebibytes = bytes / 2 ** 20;
    const seconds = this.seconds + perMebibyte * mebibytes + (perMillion * cells) / 1e6;
    const answer = await this.exchange(request, seconds, spare + copies * (8 * cells + bytes));
    if ("refused" in answer) throw new DataError(answer.refused, answer.hint);
    if ("damaged" in answer) throw this.damaged(answer.damaged);
    const found = [names].flat().find((name) => name in answer);
    return (answer as unknown as Record<string, unknown>)[found!];
  }

  private async exchange(request: ParquetRequest, seconds: number, bytes: number): Promise<ParquetAnswer> {
    this.worker ??= startWorker();
    const { worker } = this;
    const held = process.memoryUsage.rss();
    let watch: NodeJS.Timeout | undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<ParquetAnswer>((done, failed) => {
        for (const name of ["message", "error", "exit"] as const) worker.removeAllListeners(name);
        worker.once("message", done);
        worker.once("error", (error) => failed(this.damaged(error.message)));
        worker.once("exit", () => failed(this.damaged("a decoder that stopped")));
        timer = setTimeout(() => failed(this.damaged(`no answer within ${Math.round(seconds)} s`)), seconds * 1000);
        watch = setInterval(() => {
          const taken = process.memoryUsage.rss() - held;
          if (taken > bytes)
            failed(this.damaged(`one that takes ${Math.round(taken / 2 ** 20)} MiB of memory to decode`));
        }, glance);
        worker.postMessage(request, []);
      });
    } catch (error) {
      await this.end();
      throw error;
    } finally {
      clearInterval(watch);
      clearTimeout(timer);
    }
  }

  private damaged(got: string): DataError {
    return new DataError(
      `${this.where} must be a whole Parquet file - got ${got}`,
      "the file is damaged or truncated: download or copy it again",
    );
  }

  /** Terminates the thread. */
  async end(): Promise<void> {
    const { worker } = this;
    this.worker = null;
    this.file = null;
    await worker?.terminate();
  }
}

function startWorker(): Worker {
  // Resolved by the name in package.json, so that the same file is used from sources and from the build.
  const path = createRequire(import.meta.url).resolve("#parquet-worker");
  return new Worker(path, { resourceLimits: { maxOldGenerationSizeMb: 4096 } });
}
