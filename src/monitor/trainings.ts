import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { OptionError, RunError } from "../base/errors.ts";
import { type LockHolder, invisibleHost } from "../node/lock.ts";
import { lockHolder } from "../node/place.ts";
import type { RunPage, TrainRequest } from "./api.ts";
import { isThere, writeRefusal } from "./run-folders.ts";

const program = fileURLToPath(new URL("../../bin/zaya.js", import.meta.url));

/** Interval, in milliseconds, at which a starting process is polled for its run folder. */
const startPoll = 100;

/** Characters kept of the end of a process's output. */
const keptWords = 4000;

interface Started {
  readonly process: ChildProcess;
  words: string;
  /** Whether it has reported that training has begun. */
  begun: boolean;
}

/** Whether this server can stop or resume a run, and if not, why. */
type Control = Pick<RunPage, "control" | "fixed">;

/** Training runs started by this server. Each is a command-line process, so it behaves as if started in a terminal. */
export class Trainings {
  private readonly running = new Map<string, Started>();

  constructor(private readonly root: string) {}

  /** Whether a run can be stopped or resumed, whoever started it. */
  async control(id: string): Promise<Control> {
    if (this.running.has(id)) return { control: "stop", fixed: null };
    const folder = join(this.root, id);
    const holder = await lockHolder(folder).catch(() => null);
    if (holder !== null) return ofHolder(holder);
    const refusal = await writeRefusal(folder);
    if (refusal === null) return { control: "resume", fixed: null };
    return { control: null, fixed: `It cannot be continued: ${refusal}.` };
  }

  /** Starts a training run and returns its name. @throws OptionError with the error message if the command is refused. */
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

  /** Resumes a run, with a new total length if one is given. @throws OptionError when it is refused. */
  async resume(id: string, steps: string | undefined): Promise<void> {
    if (this.running.has(id)) throw new OptionError("the run must be stopped - it is still running");
    await this.spawn(id, ["resume", join(this.root, id), ...(steps === undefined ? [] : [`--steps=${steps}`])]);
  }

  /** Stops a run as Ctrl-C in its terminal would: the current step is finished and saved. False if no process trains it. */
  async stop(id: string): Promise<boolean> {
    const own = this.running.get(id);
    if (own !== undefined) return own.process.kill("SIGINT");
    const holder = await lockHolder(join(this.root, id));
    if (holder === null) return false;
    const { fixed } = await ofHolder(holder);
    if (fixed !== null) throw new RunError(fixed);
    return process.kill(holder.pid, "SIGINT");
  }

  /** Stops all training runs started here, and waits for them to end. */
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
      // An error message may also contain the folder.
      started.begun ||= heard.includes(`run ${folder}\n`) || heard.includes(`resuming ${folder}:`);
      started.words = heard.slice(-keptWords);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    this.running.set(id, started);
    void ended.then(() => this.running.delete(id));
    const record = join(folder, "run.json");
    // A resumed run still has its old record, so it counts as running only once it reports so.
    const isUnderWay = async () => started.begun && (await isThere(record));
    while (this.running.has(id) && !(await isUnderWay())) await sleep(startPoll);
    // A run with nothing left to do exits without having begun.
    if (!this.running.has(id) && (child.exitCode !== 0 || !started.begun)) throw refusal(started.words);
  }

  private async freeName(base: string): Promise<string> {
    for (let n = 1; ; n++) if (!(await isThere(join(this.root, `${base}-${n}`)))) return `${base}-${n}`;
  }
}

async function ofHolder(holder: LockHolder): Promise<Control> {
  const elsewhere = await invisibleHost(holder);
  if (elsewhere !== null)
    return { control: null, fixed: `It is being trained by a process ${elsewhere}: stop it there.` };
  // The lock may have come with a folder copied from elsewhere. Only a recorded start time, which has been found equal to that
  // of the live process, shows that this process wrote the lock; without one, the process must not be signalled.
  if (holder.started === null || !(await isThere("/proc/self/stat"))) {
    return { control: null, fixed: "It was started in a terminal: stop it there with Ctrl-C." };
  }
  try {
    process.kill(holder.pid, 0);
    return { control: "stop", fixed: null };
  } catch {
    return { control: null, fixed: `It is being trained by another user, in process ${holder.pid}.` };
  }
}

/** The error message of a refused command, with the option that it names. */
function refusal(words: string): OptionError {
  const lines = words.trim().split("\n");
  const at = lines.findLastIndex((line) => line.startsWith("error: "));
  if (at < 0) return new OptionError(lines.slice(-6).join("\n") || "zaya ended without a message");
  const [, flag] = /^error: (?:--)?([a-z][\w-]*) /.exec(lines[at]!) ?? [];
  return new OptionError(lines.slice(at).join("\n").replace("error: ", ""), undefined, flag);
}
