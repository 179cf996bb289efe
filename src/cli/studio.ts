import type { Command } from "commander";

import { OptionError } from "../base/errors.ts";
import { serveMonitor } from "../monitor/index.ts";
import { exitCodes } from "./failure.ts";
import { addExamples } from "./help.ts";
import { catchInterrupt } from "./interrupt.ts";
import { Output } from "./output.ts";

interface StudioFlags {
  readonly port?: string;
  readonly readOnly?: boolean;
}

export function declareStudio(command: Command): void {
  addExamples(command, [["the runs of the folder runs, as they go on", "zaya studio"]]);
  command
    .argument("[dir]", "folder with runs, searched recursively", "runs")
    .option("--port <n>", "local port (default: any free one)")
    .option("--read-only", "show runs only; they cannot be started or stopped")
    .action(async (folder: string, flags: StudioFlags) => {
      const output = new Output();
      const monitor = await serveMonitor(folder, portOf(flags.port), flags.readOnly === true);
      output.say(`studio  ${monitor.address}`, "press Ctrl-C to quit");
      const signal = catchInterrupt(output, "when the runs started here have saved a checkpoint");
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      await monitor.close();
      process.exitCode = exitCodes.done;
    });
}

function portOf(text = "0"): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new OptionError(`--port must be a whole number from 0 to 65535 - got ${text}`);
}
