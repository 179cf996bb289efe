import pc from "picocolors";

import { DivergedError, ZayaError } from "../base/errors.ts";

export const exitCodes = { done: 0, bug: 1, refused: 2, diverged: 3, interrupted: 130 } as const;

/** Prints an error for the person at the terminal; returns the exit code. */
export function tellError(error: unknown): number {
  const { red, dim } = pc.createColors(pc.isColorSupported && process.stderr.isTTY === true);
  if (error instanceof ZayaError) {
    const hint = error.hint === undefined ? "" : `${dim("hint:")} ${error.hint}\n`;
    process.stderr.write(`${red("error:")} ${error.message}\n${hint}`);
    return error instanceof DivergedError ? exitCodes.diverged : exitCodes.refused;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${red("error:")} this is a bug in zaya: please report it with the lines below\n${text}\n`);
  return exitCodes.bug;
}

/** A reader that goes away (`zaya data photos | head`) ends the printing, not the work. */
export function guardStreams(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") return;
      if (stream === process.stdout)
        process.stderr.write(`error: stdout: must take what is printed - got ${error.code}\n`);
      process.exitCode = exitCodes.refused;
    });
  }
}
