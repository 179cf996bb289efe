import { Command, CommanderError } from "commander";

import { RunError } from "../base/errors.ts";
import { version } from "../base/version.ts";
import { commands } from "./commands.ts";
import { guardStreams, reportError } from "./failure.ts";
import { addNote, helpLayout, helpWidth } from "./help.ts";
import { keepHangUpIgnored } from "./interrupt.ts";
import { workingFolder } from "./invocation.ts";
import { printable } from "./printable.ts";
import { explainUsage } from "./usage.ts";

/** Runs a command line. Sets the exit code: 0 done, 2 bad usage or input, 3 diverged, 130 interrupted, 1 for a bug. */
export async function main(words: readonly string[]): Promise<void> {
  guardStreams();
  keepHangUpIgnored();
  try {
    requireWorkingFolder();
    await dispatch(words);
  } catch (error) {
    process.exitCode = reportError(error);
  }
}

async function dispatch(words: readonly string[]): Promise<void> {
  // `zaya help train` is `zaya train --help`.
  const [first, ...rest] = words[0] === "help" ? [...words.slice(1), "--help"] : words;
  const program = await declareProgram(first, rest);
  if (first === undefined) {
    program.outputHelp();
    return;
  }
  try {
    await program.parseAsync([first, ...rest], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help or the version was requested and has been printed.
    if (error.exitCode !== 0) throw explainUsage(error, program, first);
  }
}

/** All commands by name, and the one that is called with its arguments, flags and action. */
export async function declareProgram(name: string | undefined, words: readonly string[]): Promise<Command> {
  const program = new Command("zaya")
    .description("Train, evaluate, sample and export deep generative models.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand(false)
    .configureHelp(helpLayout)
    .showSuggestionAfterError(false)
    .configureOutput({
      outputError: () => undefined,
      getOutHelpWidth: helpWidth,
      writeOut: (text) => process.stdout.write(text.split("\n").map(printable).join("\n")),
    })
    .exitOverride();
  addNote(program, "zaya COMMAND --help shows a command's flags. Start with: zaya train vae");
  for (const { name: known, summary, load } of commands) {
    const command = program.command(known).description(summary);
    if (known === name) await (await load()).declare(command, words);
  }
  return program;
}

/** @throws RunError when it has been removed, because relative paths cannot be resolved then. */
function requireWorkingFolder(): void {
  if (workingFolder() !== null) return;
  throw new RunError("the current folder has been removed", "cd to an existing folder");
}
