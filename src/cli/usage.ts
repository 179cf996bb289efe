import type { Command, CommanderError } from "commander";

import { OptionError } from "../base/errors.ts";
import { nearest, suggestion } from "../base/nearest.ts";

/** Describes errors in the arguments of a command line in zaya's format. */
export function explainUsage(error: CommanderError, program: Command, name: string): OptionError {
  const command = program.commands.find((known) => known.name() === name);
  const where = command === undefined ? "zaya" : `zaya ${name}`;
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  switch (error.code) {
    case "commander.unknownCommand":
      return new OptionError(
        `the command must be known - got ${quoted}`,
        suggestion(
          quoted,
          program.commands.map((known) => known.name()),
          "commands",
        ),
      );
    case "commander.unknownOption":
      return unknownFlag(quoted, command ?? program, where);
    case "commander.missingArgument":
      return new OptionError(`${name} needs ${quoted.toUpperCase()}`, `usage: ${where} ${command?.usage() ?? ""}`);
    case "commander.optionMissingArgument":
      return new OptionError(`${quoted} needs a value`);
    case "commander.excessArguments":
      return new OptionError(error.message.replace(/^error: /, ""), `usage: ${where} ${command?.usage() ?? ""}`);
    default:
      return new OptionError(error.message.replace(/^error: /, ""));
  }
}

function unknownFlag(flag: string, command: Command, where: string): OptionError {
  const flags = command
    .createHelp()
    .visibleOptions(command)
    .map((option) => option.long ?? option.short ?? "");
  const name = flag.split("=")[0]!;
  const found = nearest(
    bare(name),
    flags.map((known) => bare(known)),
  );
  const meant = flags.find((known) => bare(known) === found);
  return new OptionError(
    `there is no flag ${name}`,
    meant === undefined ? `${where} --help lists them` : `did you mean ${meant}?`,
  );
}

function bare(flag: string): string {
  return flag.replace(/^-+/, "");
}
