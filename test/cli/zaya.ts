import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { ndarray } from "../../src/base/ndarray.ts";
import { integers, key } from "../../src/base/random.ts";
import { encodeNpy } from "../../src/codec/npy.ts";
import { testDevice } from "../device.ts";

export const root = join(import.meta.dirname, "..", "..");
export const program = join(root, "bin", "zaya.js");
if (!existsSync(join(root, "dist", "bundle", "main.js")))
  throw new Error("the tests run the built program: npm run build");

/** A folder that holds the program by its name, as a global install has it: hints then say `zaya`. */
const places = mkdtempSync(join(tmpdir(), "zaya-bin-"));
symlinkSync(program, join(places, "zaya"));
process.on("exit", () => rmSync(places, { recursive: true, force: true }));

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;
  /** Waits until the output so far holds the text. */
  until(text: string): Promise<void>;
}

/** Starts the real program in a folder. */
export function start(folder: string, ...words: string[]): Started {
  return startWith({}, folder, ...words);
}

/** A training run on the device of the tests, unless it names one or takes it from a config. */
function onTestDevice(words: readonly string[]): readonly string[] {
  const isOpen = words[0] === "train" && !words.includes("--device") && !words.includes("--config");
  return isOpen && testDevice !== "auto" ? [...words, "--device", testDevice] : words;
}

/** Starts it with more variables in its environment. */
function startWith(variables: Readonly<Record<string, string>>, folder: string, ...words: string[]): Started {
  const child = spawn(process.execPath, [join(places, "zaya"), ...onTestDevice(words)], {
    cwd: folder,
    // Nothing of how the tests were started: nohup leaves its word in `_`.
    env: { ...process.env, _: "", ...variables, PATH: `${places}${delimiter}${process.env["PATH"]}` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  const waiting = new Set<() => void>();
  const changed = (): void => waiting.forEach((check) => check());
  child.stdout.on("data", (text) => ((stdout += String(text)), changed()));
  child.stderr.on("data", (text) => ((stderr += String(text)), changed()));
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const until = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (!(stdout + stderr).includes(text)) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      void ended.then(() => reject(new Error(`ended without "${text}": ${stdout}${stderr}`)));
      check();
    });
  return { child, ended, until };
}

/** Runs the real program in a folder to its end, in a process of its own. */
export function zayaProcess(folder: string, ...words: string[]): Promise<Outcome> {
  return start(folder, ...words).ended;
}

/** Runs it with more variables in its environment. */
export function zayaWith(
  variables: Readonly<Record<string, string>>,
  folder: string,
  ...words: string[]
): Promise<Outcome> {
  return startWith(variables, folder, ...words).ended;
}

/** What a process prints that runs one command line after another, and the end of its output under way. */
interface Warm {
  readonly child: ChildProcess;
  readonly texts: { stdout: string; stderr: string };
  check(): void;
}

let warm: Warm | undefined;
let last: Promise<unknown> = Promise.resolve();

/**
 * Runs the built program in a folder to its end, in a process that it shares with the other calls of this file: a start costs more than
 * most commands do. What a process is told by its surroundings, and what it owes to others, is tested by `zayaProcess` and `start`.
 */
export function zaya(folder: string, ...words: string[]): Promise<Outcome> {
  const outcome = last.then(() => callWarm(folder, onTestDevice(words)));
  last = outcome.catch(() => undefined);
  return outcome;
}

function callWarm(folder: string, words: readonly string[]): Promise<Outcome> {
  const { child, texts } = (warm ??= startWarm());
  texts.stdout = texts.stderr = "";
  return new Promise((resolve) => {
    const done = (outcome: Outcome): void => {
      child.off("close", onClose);
      resolve(outcome);
    };
    // It has ended by itself: an exception that nobody caught.
    const onClose = (code: number | null, signal: NodeJS.Signals | null): void => {
      warm = undefined;
      done({ code, signal, ...texts });
    };
    child.once("close", onClose);
    warm!.check = () => {
      const [stdout, stderr] = [/^(.*)\0(\d+)\0$/s.exec(texts.stdout), /^(.*)\0(\d+)\0$/s.exec(texts.stderr)];
      if (stdout === null || stderr === null) return;
      done({ code: Number(stdout[2]), signal: null, stdout: stdout[1]!, stderr: stderr[1]! });
    };
    child.stdin!.write(`${JSON.stringify([folder, words])}\n`);
  });
}

function startWarm(): Warm {
  const main = join(root, "dist", "bundle", "main.js");
  const child = spawn(process.execPath, [join(import.meta.dirname, "warm.js"), main, join(places, "zaya")], {
    env: { ...process.env, _: "", PATH: `${places}${delimiter}${process.env["PATH"]}` },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const started: Warm = { child, texts: { stdout: "", stderr: "" }, check: () => undefined };
  child.stdout.setEncoding("utf8").on("data", (text: string) => ((started.texts.stdout += text), started.check()));
  child.stderr.setEncoding("utf8").on("data", (text: string) => ((started.texts.stderr += text), started.check()));
  process.on("exit", () => child.kill("SIGKILL"));
  return started;
}

/** A new folder, and the end of it. */
export async function workFolder(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "zaya-cli-"));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Writes tiny.npy: 40 grey images of 8 x 8, each pixel one of a few greys. */
export async function writeTinyData(folder: string, seed = 1): Promise<void> {
  const values = integers(key(seed), 40 * 64, 4);
  await writeFile(
    join(folder, "tiny.npy"),
    encodeNpy(
      ndarray(
        "uint8",
        [40, 1, 8, 8],
        Uint8Array.from(values, (v) => v * 85),
      ),
    ),
  );
}

/** Words that train a model in less than a second. */
export const tiny = ["train", "vae", "--data", "tiny.npy", "--hidden", "8", "--latent", "2", "--batch", "8"];

/** All that is under a folder by path, hidden things too; folders end in "/". */
export async function filesIn(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1) + (entry.isDirectory() ? "/" : ""))
    .toSorted();
}

// oxlint-disable-next-line typescript/no-explicit-any -- what JSON holds is what the tests are about
export type Json = any;

export async function readJson(...path: string[]): Promise<Json> {
  return JSON.parse(await readFile(join(...path), "utf8")) as Json;
}

/** The object that `--json` ends with; fails unless it is all that was printed. */
export function resultOf({ stdout, stderr }: Outcome): Json {
  const lines = stdout.trimEnd().split("\n");
  if (lines.length !== 1 || stdout === "") throw new Error(`one line of JSON was expected: ${stdout}${stderr}`);
  return JSON.parse(lines[0]!) as Json;
}
