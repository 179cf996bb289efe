import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Command, CommanderError } from "commander";

import { commands } from "./commands.ts";
import { guardStreams, tellError } from "./failure.ts";
import { writeLines } from "./output.ts";
import { explainUsage } from "./usage.ts";

/** Runs a command line. Sets the exit code: 0 done, 2 bad usage or input, 3 diverged, 130 interrupted, 1 for a bug. */
export async function main(words: readonly string[]): Promise<void> {
  guardStreams();
  try {
    await dispatch(words);
  } catch (error) {
    process.exitCode = tellError(error);
  }
}

async function dispatch(words: readonly string[]): Promise<void> {
  // `zaya help train` is `zaya train --help`.
  const [first, ...rest] = words[0] === "help" ? [...words.slice(1), "--help"] : words;
  const program = new Command("zaya")
    .description("Deep generative models: train, measure, sample, export as ONNX.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand(false)
    .addHelpText("after", "\nzaya COMMAND --help shows a command's flags. Start with: zaya train vae")
    .showSuggestionAfterError(false)
    .configureOutput({
      outputError: () => undefined,
      writeOut: (text) => writeLines(process.stdout, text.replace(/\n$/, "").split("\n")),
    })
    .exitOverride();
  for (const { name, summary, load } of commands) {
    const command = program.command(name).description(summary);
    if (name === first) await (await load())(command, rest);
  }
  if (first === undefined) {
    program.outputHelp();
    return;
  }
  try {
    await program.parseAsync([first, ...rest], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help or the version was asked for, and is printed.
    if (error.exitCode !== 0) throw explainUsage(error, program, first);
  }
}

function version(): string {
  const manifest = readFileSync(join(import.meta.dirname, "..", "..", "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
