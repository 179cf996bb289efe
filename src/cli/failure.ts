import { sep } from "node:path";
import { fileURLToPath } from "node:url";

import { flagOf } from "../base/options.ts";
import pc from "picocolors";

import { DivergedError, OptionError, ZayaError } from "../base/errors.ts";
import { count } from "./format.ts";
import { type TextStream, writeLines } from "./output.ts";

export const exitCodes = { done: 0, bug: 1, refused: 2, diverged: 3, interrupted: 130 } as const;

/** Prints an error for the person at the terminal; returns the exit code. */
export function reportError(error: unknown, stderr: TextStream = process.stderr): number {
  if (error instanceof ZayaError) {
    tell(stderr, ...asFlag(error));
    return error instanceof DivergedError ? exitCodes.diverged : exitCodes.refused;
  }
  const size = error instanceof RangeError ? /^Invalid typed array length: (\d+)$/.exec(error.message)?.[1] : undefined;
  if (size !== undefined || isOutOfMemory(error)) {
    const what = size === undefined ? "the requested amount of data" : `an array of ${count(Number(size))} numbers`;
    tell(stderr, `${what} does not fit into memory`, "choose smaller values, or fewer or smaller items");
    return exitCodes.refused;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const own = ownPlace(text);
  if (own !== null) {
    const { place, innermost } = own;
    const hint = innermost
      ? "the error was thrown in your own file"
      : "zaya threw the error when called there: check the arguments; if they are right, report a bug in zaya with the lines below";
    tell(stderr, `${place}: ${error instanceof Error ? error.message : text}`, hint);
    if (!innermost) writeLines(stderr, text.split("\n"));
    return exitCodes.refused;
  }
  tell(stderr, "this is a bug in zaya: please report it with the lines below");
  writeLines(stderr, text.split("\n"));
  return exitCodes.bug;
}

/** A position in zaya's own code. */
const ownFolder = fileURLToPath(new URL("../", import.meta.url));

/** A position in the user's own code, `path:line:column`. */
interface OwnPlace {
  readonly place: string;
  /** Whether the error was thrown there rather than in code of zaya called from there. */
  readonly innermost: boolean;
}

/** The innermost frame of a stack in a file of the user, or in a package that it uses; null if there is none. */
function ownPlace(stack: string): OwnPlace | null {
  const frames = stack
    .split("\n")
    .flatMap((line) => /^ {4}at (?:.*\()?(file:\/\/[^)]+|\/[^)]+|[A-Z]:\\[^)]+)\)?$/.exec(line)?.[1] ?? []);
  const paths = frames.map((frame) => (frame.startsWith("file:") ? fileURLToPath(frame) : frame));
  const isZaya = (path: string): boolean => path.startsWith(ownFolder);
  const at = paths.findIndex((path) => !isZaya(path) && !path.includes(`${sep}node_modules${sep}`));
  return at < 0 ? null : { place: paths[at]!, innermost: !paths.slice(0, at).some(isZaya) };
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof RangeError && /^Array buffer allocation failed$/.test(error.message);
}

/** For errors about an option, message and hint with the name of its flag. */
function asFlag(error: ZayaError): [message: string, hint: string | undefined] {
  const { message, hint } = error;
  if (!(error instanceof OptionError) || error.option === undefined) return [message, hint];
  const flag = flagOf(error.option);
  const renamed = (text: string): string =>
    text.startsWith(error.option!) ? flag + text.slice(error.option!.length) : text;
  return [renamed(message), hint && renamed(hint)];
}

function tell(stderr: TextStream, message: string, hint?: string): void {
  const { red, dim } = pc.createColors(pc.isColorSupported && stderr.isTTY === true);
  stderr.write(`${red("error:")} `);
  writeLines(stderr, [message]);
  if (hint === undefined) return;
  stderr.write(`${dim("hint:")} `);
  writeLines(stderr, [hint]);
}

/** Output errors are reported on stderr, and the exit code is not 0. The work continues. */
export function guardStreams(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.once("error", ({ code }: NodeJS.ErrnoException) => {
      // Later errors of the stream are not reported again.
      stream.on("error", () => undefined);
      // The command may set its own exit code after this.
      process.once("exit", (exit) => {
        if (exit === exitCodes.done) process.exitCode = exitCodes.refused;
      });
      if (stream === process.stdout) tell(process.stderr, ...lostOutput(code));
    });
  }
}

function lostOutput(code: string | undefined): [message: string, hint?: string] {
  if (code === "EPIPE") return ["the reader of stdout exited before everything was printed (EPIPE)"];
  if (code === "ENOSPC")
    return ["the disk that stdout is redirected to is full (ENOSPC)", "free some space or redirect to another disk"];
  return [`stdout cannot be written (${code})`];
}
