import { type Command, Option } from "commander";
import { z } from "zod";

import { OptionError } from "../base/errors.ts";
import { describeOptions, flagOf } from "../base/options.ts";
import { givenOptions, valueFlag, withDefault } from "./flags.ts";
import { suggestion } from "../base/nearest.ts";

/** A member of the family from which a command chooses by --metric: its name and its own options. */
interface Member {
  readonly name: string;
  readonly options: z.ZodObject;
}

/** A flag of one or more members, and its meaning for each of them. */
interface SharedFlag {
  /** As commander writes it. */
  readonly flag: string;
  /** Doc text with its default, and the members to which it applies. */
  readonly meanings: Map<string, string[]>;
}

/** A flag for each option of the members. Members that share an option's name share its flag. */
export function addMemberFlags(command: Command, members: readonly Member[], heading: string): void {
  for (const { flag, meanings } of sharedFlags(members)) {
    const texts = [...meanings].map(([text, names]) => `${text} [${names.join(", ")}]`);
    command.addOption(new Option(flag, texts.join("; ")).helpGroup(heading));
  }
}

function sharedFlags(members: readonly Member[]): Iterable<SharedFlag> {
  const flags = new Map<string, SharedFlag>();
  for (const member of members) {
    for (const described of describeOptions(member.options)) {
      const { name, doc, initial } = described;
      const isSwitch = typeof initial === "boolean";
      const { flag, doc: full } = isSwitch ? { flag: flagOf(name), doc } : valueFlag(described);
      const shared = flags.get(name) ?? { flag, meanings: new Map() };
      const text = isSwitch ? full : withDefault(full, initial);
      shared.meanings.set(text, [...(shared.meanings.get(text) ?? []), member.name]);
      flags.set(name, shared);
    }
  }
  return flags.values();
}

/** A member by name. @throws OptionError for an unknown name. */
export function memberByName<M extends Member>(members: readonly M[], name: string): M {
  const member = members.find((known) => known.name === name);
  if (member !== undefined) return member;
  const names = members.map((known) => known.name);
  throw new OptionError(`the metric must be known - got ${name}`, suggestion(name, names, "metrics"));
}

/** Options of members that are not chosen would be ignored silently. @throws OptionError naming the option. */
export function requireUsed(
  members: readonly Member[],
  chosen: readonly Member[],
  flags: Readonly<Record<string, unknown>>,
): void {
  const used = new Set(chosen.flatMap((member) => Object.keys(member.options.shape)));
  const all = z.object(Object.assign({}, ...members.map(({ options }) => options.shape)));
  const idle = Object.keys(givenOptions(flags, all)).find((name) => !used.has(name));
  if (idle === undefined) return;
  const owners = members.filter(({ options }) => idle in options.shape).map(({ name }) => name);
  throw new OptionError(
    `${flagOf(idle)} is an option of ${owners.join(", ")}, ${owners.length > 1 ? "none of which is selected" : `and needs --metric ${owners[0]}`}`,
  );
}
