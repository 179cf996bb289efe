import { type ChildProcess, spawn } from "node:child_process";
import { homedir } from "node:os";
import { dirname, relative, resolve, sep } from "node:path";
import { realpath } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { runningStudio } from "../monitor/index.ts";
import { openBrowser } from "./open-browser.ts";
import type { Output } from "./output.ts";

const program = fileURLToPath(new URL("../../bin/zaya.js", import.meta.url));

/** Interval and limit of polling, in milliseconds. */
const poll = 100;
const patience = 15_000;

/** The studio that shows a training run. */
export interface OpenStudio {
  /** Whether it was started by this command and ends with it. */
  readonly own: boolean;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the page of a run in a studio: in one that already shows its folder, or in a separate process, so that the
 * training does not serve pages. If it cannot be opened, the training continues without it.
 */
export async function openStudio(runFolder: string, output: Output): Promise<OpenStudio | null> {
  const run = await realpath(runFolder);
  const root = shownFolder(run);
  const before = await runningStudio(root);
  const started = before === null ? startStudio(root) : null;
  const found = before ?? (await answering(root, started!));
  if (found === null) {
    started?.child.kill("SIGTERM");
    output.warn(`warning: the studio could not be opened: ${started!.words().trim() || "it does not answer"}`);
    return null;
  }
  const id = run === root ? "." : relative(root, run).split(sep).join("/");
  const address = `http://127.0.0.1:${found.port}/?token=${found.token}#/run/${encodeURIComponent(id)}`;
  const tell = (line: string) => (output.quiet ? output.warn(line) : output.say(line));
  tell(`studio ${address}`);
  openBrowser(address, output);
  if (started === null) return { own: false, ended: Promise.resolve(), close: async () => undefined };
  const { child, ended } = started;
  return {
    own: true,
    ended,
    close: async () => {
      if (child.exitCode === null) child.kill("SIGTERM");
      await ended;
    },
  };
}

/** The folder above the run, with its other runs, unless it is a general folder such as the home folder. */
function shownFolder(run: string): string {
  const above = dirname(run);
  const holds = (outer: string, inner: string): boolean => `${inner}${sep}`.startsWith(`${outer}${sep}`);
  const wide = [process.cwd(), homedir()].some((folder) => holds(above, resolve(folder))) || above === dirname(above);
  return wide ? run : above;
}

interface StartedStudio {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  words(): string;
}

/** It ignores Ctrl-C, so that it can show how the run is saved, and ends with this process, however that ends. */
function startStudio(root: string): StartedStudio {
  const child = spawn(process.execPath, [program, "studio", root, "--no-open"], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    detached: true,
  });
  let heard = "";
  child.stderr!.on("data", (chunk: Buffer) => (heard = (heard + chunk.toString()).slice(-2000)));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return { child, ended, words: () => heard };
}

async function answering(root: string, { child }: StartedStudio): ReturnType<typeof runningStudio> {
  for (const until = performance.now() + patience; performance.now() < until && child.exitCode === null;) {
    const found = await runningStudio(root);
    if (found !== null) return found;
    await sleep(poll);
  }
  return null;
}
