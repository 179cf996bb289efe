import type { Command } from "commander";

import { OptionError } from "../base/errors.ts";
import { serveMonitor } from "../monitor/index.ts";
import type { CommandDefinition } from "./command.ts";
import { exitCodes } from "./failure.ts";
import { addExamples } from "./help.ts";
import { catchInterrupt } from "./interrupt.ts";
import { openBrowser } from "./open-browser.ts";
import { Output } from "./output.ts";

interface StudioFlags {
  readonly port?: string;
  readonly readOnly?: boolean;
  readonly open: boolean;
}

export const studioCommand: CommandDefinition = { declare: declareStudio, json: [] };

function declareStudio(command: Command): void {
  addExamples(command, [
    ["monitor the runs in ./runs, and start others", "zaya studio"],
    ["show runs received as a zip file", "zaya studio runs.zip"],
  ]);
  command
    .argument("[dir]", "folder with runs, searched recursively, or a zip file of it", "runs")
    .option("--port <n>", "local port (default: the folder's last one, if it is free)")
    .option("--read-only", "only show runs; they cannot be started, stopped or resumed")
    .option("--no-open", "print the URL, and open no browser")
    .action(async (folder: string, flags: StudioFlags) => {
      const output = new Output();
      const { port, readOnly, open } = flags;
      const monitor = await serveMonitor(folder, { port: portOf(port), readOnly });
      output.say(`studio  ${monitor.address}`, ...(monitor.readOnly === null ? [] : [`note    ${monitor.readOnly}`]));
      if (open) openBrowser(monitor.address, output);
      output.say("press Ctrl-C to quit");
      const signal = catchInterrupt(output, "when the runs started here have saved a checkpoint");
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      await monitor.close();
      process.exitCode = exitCodes.done;
    });
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new OptionError(`--port must be an integer from 0 to 65535 - got ${text}`);
}
