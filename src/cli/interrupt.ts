import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

import { exitCodes } from "./failure.ts";
import type { Output } from "./output.ts";

/** npm forwards a signal to a process that has already received it from the terminal. */
const echo = 300;

/**
 * Until the process ends, the first signal requests a stop, which `ends` describes, and a second one terminates the process.
 * The returned signal is aborted by the first.
 */
export function catchInterrupt(output: Output, ends = "after this step and saving"): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  const onSignal = (): void => {
    const now = performance.now();
    if (!controller.signal.aborted) {
      first = now;
      controller.abort();
      output.warn(`stopping ${ends}; press Ctrl-C again to exit immediately`);
    } else if (now - first > echo) {
      output.clear();
      process.exit(exitCodes.interrupted);
    }
  };
  const hangUp = hangUpIsIgnored() ? [] : (["SIGHUP"] as const);
  for (const name of ["SIGINT", "SIGTERM", ...hangUp] as const) process.on(name, onSignal);
  // A trial of a sweep ends with the process that supervises it, however that ended.
  process.once("disconnect", onSignal);
  process.channel?.unref();
  if (process.send !== undefined && !process.connected) onSignal();
  return controller.signal;
}

/** Ignores hang-ups again, as nohup requested: Node restores their default at its start. */
export function keepHangUpIgnored(): void {
  if (hangUpIsIgnored()) process.on("SIGHUP", () => undefined);
}

/**
 * Whether this process was started with hang-ups ignored. Node undoes that before any JavaScript runs, so it is
 * inferred: from the command that the shell started, from how nohup redirects the streams, or from the parents ignoring
 * them.
 */
function hangUpIsIgnored(): boolean {
  return (
    basename(process.env["_"] ?? "") === "nohup" ||
    [1, 2].some((stream) => basename(linkOf(stream)) === "nohup.out") ||
    // If stdin is a terminal, nohup replaces it by a file that cannot be read.
    (linkOf(0) === "/dev/null" && /^flags:\s*\d*1$/m.test(textOf("/proc/self/fdinfo/0"))) ||
    /^SigIgn:\s*[0-9a-f]*[13579bdf]$/m.test(textOf(`/proc/${process.ppid}/status`))
  );
}

function linkOf(stream: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${stream}`);
  } catch {
    return "";
  }
}

/** Contents of a system file; empty if there is none. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
