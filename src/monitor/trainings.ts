import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { OptionError, RunError } from "../base/errors.ts";
import { type LockHolder, beyondSight } from "../node/lock.ts";
import { lockHolder } from "../node/place.ts";
import type { RunPage, TrainRequest } from "./api.ts";
import { isThere, writeRefusal } from "./run-folders.ts";

const program = fileURLToPath(new URL("../../bin/zaya.js", import.meta.url));

/** How often a start looks whether its run is there, in milliseconds. */
const startPoll = 100;

/** Characters of a process's last words that are kept. */
const keptWords = 4000;

interface Started {
  readonly process: ChildProcess;
  words: string;
  /** Whether it has said that it trains. */
  begun: boolean;
}

/** What can be done about a run from here. */
type Control = Pick<RunPage, "control" | "fixed">;

/** Trainings that this server started: processes of the command line, so that what they do is what a terminal would do. */
export class Trainings {
  private readonly running = new Map<string, Started>();

  constructor(private readonly root: string) {}

  /** What can be done about a run, whoever started it. */
  async control(id: string): Promise<Control> {
    if (this.running.has(id)) return { control: "stop", fixed: null };
    const folder = join(this.root, id);
    const holder = await lockHolder(folder).catch(() => null);
    if (holder !== null) return ofHolder(holder);
    const refusal = await writeRefusal(folder);
    if (refusal === null) return { control: "resume", fixed: null };
    return { control: null, fixed: `It cannot be continued: ${refusal}.` };
  }

  /** Starts a training; its run's name. @throws OptionError with the words of a training that was refused. */
  async start({ recipe, data, flags, from }: TrainRequest): Promise<string> {
    const specs = data.map((spec) => spec.split(/[\\/]/).findLast((part) => part !== "") ?? "data");
    const base = [recipe, ...(from === undefined ? specs : ["again"])].join("-").replace(/[^\w.-]+/g, "-");
    const id = await this.freeName(base);
    await this.spawn(id, [
      "train",
      recipe,
      ...(from === undefined ? [] : [`--config=${join(this.root, from, "config.json")}`]),
      ...data.map((spec) => `--data=${spec}`),
      ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
      `--out=${join(this.root, id)}`,
    ]);
    return id;
  }

  /** Goes on with a run, to another length where one is given. @throws OptionError when it is refused. */
  async resume(id: string, steps: string | undefined): Promise<void> {
    if (this.running.has(id)) throw new OptionError("the run must have stopped - it is running");
    await this.spawn(id, ["resume", join(this.root, id), ...(steps === undefined ? [] : [`--steps=${steps}`])]);
  }

  /** As Ctrl-C in the terminal of whoever trains it: the step is finished and saved. False where nobody does. */
  async stop(id: string): Promise<boolean> {
    const own = this.running.get(id);
    if (own !== undefined) return own.process.kill("SIGINT");
    const holder = await lockHolder(join(this.root, id));
    if (holder === null) return false;
    const { fixed } = await ofHolder(holder);
    if (fixed !== null) throw new RunError(fixed);
    return process.kill(holder.pid, "SIGINT");
  }

  /** Stops all that were started here, and waits for them. */
  async close(): Promise<void> {
    const ends = [...this.running.values()].map(
      ({ process }) => new Promise((resolve) => process.once("exit", resolve)),
    );
    for (const { process } of this.running.values()) process.kill("SIGINT");
    await Promise.all(ends);
  }

  private async spawn(id: string, words: readonly string[]): Promise<void> {
    const child = spawn(process.execPath, [program, ...words], { stdio: ["ignore", "pipe", "pipe"] });
    const started: Started = { process: child, words: "", begun: false };
    const folder = join(this.root, id);
    const hear = (chunk: Buffer) => {
      const heard = started.words + chunk.toString();
      // A refusal may name the folder too.
      started.begun ||= heard.includes(`run ${folder}\n`) || heard.includes(`resuming ${folder}:`);
      started.words = heard.slice(-keptWords);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    this.running.set(id, started);
    void ended.then(() => this.running.delete(id));
    const record = join(folder, "run.json");
    // A resumed run still has its old record: it is running once it reports so.
    const isUnderWay = async () => started.begun && (await isThere(record));
    while (this.running.has(id) && !(await isUnderWay())) await sleep(startPoll);
    // One that found nothing to do has not begun either.
    if (!this.running.has(id) && (child.exitCode !== 0 || !started.begun)) throw refusal(started.words);
  }

  private async freeName(base: string): Promise<string> {
    for (let n = 1; ; n++) if (!(await isThere(join(this.root, `${base}-${n}`)))) return `${base}-${n}`;
  }
}

async function ofHolder(holder: LockHolder): Promise<Control> {
  const elsewhere = await beyondSight(holder);
  if (elsewhere !== null) return { control: null, fixed: `It is trained on ${elsewhere}: stop it there.` };
  // A lock may come with a folder from elsewhere. What it says of when its process began, which was compared, cannot be guessed.
  if (holder.started === null || !(await isThere("/proc/self/stat"))) {
    return { control: null, fixed: "It was started in a terminal: stop it there with Ctrl-C." };
  }
  try {
    process.kill(holder.pid, 0);
    return { control: "stop", fixed: null };
  } catch {
    return { control: null, fixed: `It is trained by another user, in process ${holder.pid}.` };
  }
}

/** What a refused command said, with the option that it names. */
function refusal(words: string): OptionError {
  const lines = words.trim().split("\n");
  const at = lines.findLastIndex((line) => line.startsWith("error: "));
  if (at < 0) return new OptionError(lines.slice(-6).join("\n") || "zaya ended without a word");
  const [, flag] = /^error: (?:--)?([a-z][\w-]*) /.exec(lines[at]!) ?? [];
  return new OptionError(lines.slice(at).join("\n").replace("error: ", ""), undefined, flag);
}
