import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { ZayaError } from "../base/errors.ts";
import { encodeJson } from "../base/json.ts";
import { type Trial, type TrialEnd, type TrialJob, type TrialProgress, hasEnded, readTrial } from "../sweep/index.ts";
import { naming, replaceFile } from "./folder-store.ts";
import { isBucket } from "./bucket.ts";
import { fetchData, fetchedEnvironment } from "./stored-data.ts";
import { lockHolder, openStore, placeIn, voidUnseenLock } from "./place.ts";

const program = fileURLToPath(new URL("../../bin/zaya.js", import.meta.url));

/** Attempts before a trial counts as failed, and milliseconds between them. */
const [attempts, pause] = [3, 1000];

/** Poll interval for a trial that another process trains, in milliseconds. */
const busyPoll = 1000;

/** Number of characters kept of the end of a process's output. */
const keptWords = 4000;

/** How a trial is supervised. */
export interface TrialSupervision {
  readonly signal: AbortSignal;
  /** Whether to remove a lock that another machine left in the trial's folder, because the queue has assigned the trial to this one. */
  readonly owns?: boolean;
  /** Called about once a second with the number of completed steps while the trial trains here. */
  progressed?(step: number): void;
}

/** The folder of a trial's run. */
function trialFolder(trials: string, { trial }: Pick<TrialJob, "trial">): string {
  return placeIn(trials, trial.id);
}

/**
 * Trains a trial in a child process, in the folder named after its id. An existing run is continued, or its result returned if it
 * has ended. A process that exits early is restarted; if another process is training the trial, its end is awaited.
 * @param trials Folder that contains the trials' folders.
 * @returns Null if the signal interrupted the trial.
 */
export async function trainTrial(
  trials: string,
  job: TrialJob,
  { signal, owns = false, progressed }: TrialSupervision,
): Promise<TrialEnd | null> {
  const folder = trialFolder(trials, job);
  const store = openStore(folder);
  const look = () => readTrial(store, job.metric, job.until);
  for (let attempt = 1; ;) {
    let state: Awaited<ReturnType<typeof look>>;
    try {
      state = await look();
    } catch (error) {
      if (!(error instanceof ZayaError)) throw error;
      return { status: "failed", reason: `${folder}: ${error.message}` };
    }
    if (hasEnded(state)) return state;
    if (signal.aborted) return null;
    if (owns) await voidUnseenLock(folder);
    if ((await lockHolder(folder)) !== null) {
      await sleep(busyPoll, undefined, { signal }).catch(() => undefined);
      continue;
    }
    const words = await trainOnce(folder, job, state, signal, progressed).catch((error: unknown) => {
      if (error instanceof ZayaError) return error.message;
      throw error;
    });
    const after = await look().catch(() => null);
    if (hasEnded(after)) return after;
    if (signal.aborted) return null;
    // The process that holds the lock trains it.
    if (words.includes("a folder can have only one writer")) continue;
    if (attempt === attempts) return { status: "failed", reason: `${words} (${attempts} attempts)` };
    attempt++;
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

/** Trains until the child process exits. @returns The end of its output, or how it exited. */
async function trainOnce(
  folder: string,
  { trial, until }: TrialJob,
  state: TrialProgress | null,
  signal: AbortSignal,
  progressed: TrialSupervision["progressed"],
): Promise<string> {
  const words = await wordsFor(folder, trial, state !== null);
  const fetched = await fetchMissing(folder, trial);
  const how = until === null ? [] : [`--until=${until}`];
  const child = spawn(process.execPath, [program, ...words, ...how, "--quiet"], {
    // The child detects the end of this process by the IPC channel, and does not receive Ctrl-C from the terminal.
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    detached: true,
    env: { ...process.env, ...fetchedEnvironment(fetched) },
  });
  child.on("message", (message) => {
    const { step } = message as { step?: unknown };
    if (typeof step === "number") progressed?.(step);
  });
  let said = "";
  child.stderr!.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-keptWords)));
  const stop = () => void child.kill("SIGINT");
  signal.addEventListener("abort", stop);
  const ended = await new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, killed) => resolve(killed === null ? `exit code ${code}` : `killed by ${killed}`));
  });
  signal.removeEventListener("abort", stop);
  if (isBucket(folder)) await rm(configFile(folder, trial), { force: true });
  return reasonOf(said) ?? `the training process ended unexpectedly: ${ended}`;
}

/** Fetches data of a trial that are missing on this machine. @returns Local paths, by the paths in its config. */
async function fetchMissing(folder: string, { stored = {} }: Trial): Promise<Record<string, string>> {
  const missing = Object.entries(stored).filter(([path]) => !existsSync(path));
  const place = placeOf(folder);
  return Object.fromEntries(
    await Promise.all(missing.map(async ([path, key]) => [path, await fetchData(place, key)] as const)),
  );
}

/** The location of trials/ID. */
function placeOf(folder: string): string {
  return folder.replace(/[\\/]trials[\\/][^\\/]+$/, "");
}

/** The file through which a process gets the config of its trial. */
function configFile(folder: string, { id }: Pick<Trial, "id">): string {
  return isBucket(folder) ? join(tmpdir(), `zaya-${id}-${process.pid}.json`) : `${folder}.json`;
}

/** The command that starts or resumes a trial. */
async function wordsFor(
  folder: string,
  { id, config, threads, row, fingerprints }: Trial,
  begun: boolean,
): Promise<string[]> {
  if (row !== undefined) {
    return ["repro", row.name, `--scale=${row.scale}`, `--training=${id}`, `--out=${placeOf(folder)}`];
  }
  if (begun) return ["resume", folder, `--threads=${threads}`];
  const file = configFile(folder, { id });
  await naming("write", file, () => replaceFile(file, encodeJson(config)));
  const expected = fingerprints === undefined ? [] : [`--data-fingerprint=${fingerprints.train},${fingerprints.test}`];
  return ["train", `--config=${file}`, `--out=${folder}`, `--threads=${threads}`, ...expected];
}

/** The error message of a process that exited early, on one line. */
function reasonOf(said: string): string | null {
  const found = /^error: (.+)$/m.exec(said)?.[1];
  const hint = /^hint: (.+)$/m.exec(said)?.[1];
  return found === undefined ? null : hint === undefined ? found : `${found}; ${hint}`;
}
