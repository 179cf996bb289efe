import { exitCodes } from "./failure.ts";
import type { Output } from "./output.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** npm passes a signal on to a process that has had it from the terminal already. */
const echo = 300;

/**
 * Until the process ends, the first signal asks for an end, of which `ends` says when it comes, and a second one ends the process.
 * What it returns is aborted by the first.
 */
export function catchInterrupt(output: Output, ends = "after this step and saving"): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  const onSignal = (): void => {
    const now = performance.now();
    if (!controller.signal.aborted) {
      first = now;
      controller.abort();
      output.warn(`stopping ${ends}; once more leaves at once`);
    } else if (now - first > echo) {
      output.clear();
      process.exit(exitCodes.interrupted);
    }
  };
  for (const name of signals) process.on(name, onSignal);
  return controller.signal;
}
