import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { OptionError } from "../base/errors.ts";
import type { TrainRequest } from "./api.ts";
import { isThere } from "./run-folders.ts";

const program = fileURLToPath(new URL("../../bin/zaya.js", import.meta.url));

/** How often a start looks whether its run is there, in milliseconds. */
const startPoll = 100;

/** Characters of a process's last words that are kept. */
const keptWords = 4000;

interface Started {
  readonly process: ChildProcess;
  words: string;
}

/** Trainings that this server started: processes of the command line, so that what they do is what a terminal would do. */
export class Trainings {
  private readonly running = new Map<string, Started>();

  constructor(private readonly root: string) {}

  has(id: string): boolean {
    return this.running.has(id);
  }

  /** Starts a training; its run's name. @throws OptionError with the words of a training that was refused. */
  async start({ recipe, data, flags }: TrainRequest): Promise<string> {
    const id = await this.freeName(`${recipe}-${data.split(/[\\/]/).at(-1)!}`.replace(/[^\w.-]+/g, "-"));
    const words = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    await this.spawn(id, ["train", recipe, `--data=${data}`, `--out=${join(this.root, id)}`, ...words]);
    return id;
  }

  /** Goes on with a run, to another length where one is given. @throws OptionError when it is refused. */
  async resume(id: string, steps: string | undefined): Promise<void> {
    if (this.has(id)) throw new OptionError("the run must have stopped - it is running");
    await this.spawn(id, ["resume", join(this.root, id), ...(steps === undefined ? [] : [`--steps=${steps}`])]);
  }

  /** As Ctrl-C: the step is finished and saved. */
  stop(id: string): boolean {
    return this.running.get(id)?.process.kill("SIGINT") ?? false;
  }

  /** Stops all and waits for them. */
  async close(): Promise<void> {
    const ends = [...this.running.values()].map(
      ({ process }) => new Promise((resolve) => process.once("exit", resolve)),
    );
    for (const id of this.running.keys()) this.stop(id);
    await Promise.all(ends);
  }

  private async spawn(id: string, words: readonly string[]): Promise<void> {
    const child = spawn(process.execPath, [program, ...words], { stdio: ["ignore", "pipe", "pipe"] });
    const started: Started = { process: child, words: "" };
    const hear = (chunk: Buffer) => (started.words = (started.words + chunk.toString()).slice(-keptWords));
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    this.running.set(id, started);
    void ended.then(() => this.running.delete(id));
    const record = join(this.root, id, "run.json");
    // A resumed run still has its old record: it is running once it reports so.
    const isUnderWay = async () => started.words.includes(join(this.root, id)) && (await isThere(record));
    while (this.has(id) && !(await isUnderWay())) await sleep(startPoll);
    if (!this.has(id) && child.exitCode !== 0) throw new OptionError(lastWords(started.words));
  }

  private async freeName(base: string): Promise<string> {
    for (let n = 1; ; n++) if (!(await isThere(join(this.root, `${base}-${n}`)))) return `${base}-${n}`;
  }
}

/** What a refused command said. */
function lastWords(words: string): string {
  const lines = words.trim().split("\n");
  return lines.slice(-6).join("\n") || "zaya ended without a word";
}
