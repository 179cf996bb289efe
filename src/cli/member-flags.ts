import { type Command, Option } from "commander";
import { z } from "zod";

import { OptionError } from "../base/errors.ts";
import { describeOptions } from "../base/options.ts";
import { flagOf, givenOptions } from "./flags.ts";
import { suggestion } from "./nearest.ts";

/** One of a family that a command chooses from by --metric: its name, and the options that are its own. */
interface Member {
  readonly name: string;
  readonly options: z.ZodObject;
}

/** A flag that one member has, or several: what it means to which of them. */
interface SharedFlag {
  /** Doc text with its default, and the members to which it says so. */
  readonly meanings: Map<string, string[]>;
  /** What stands for its value; null for a switch. */
  readonly placeholder: string | null;
}

/** A flag for each option that a member has. Members may share the name of an option, and then its flag. */
export function addMemberFlags(command: Command, members: readonly Member[]): void {
  for (const [name, { meanings, placeholder }] of sharedFlags(members)) {
    const owners = [...meanings.values()].flat();
    const texts = [...meanings].map(([text, names]) => (meanings.size > 1 ? `${text} (${names.join(", ")})` : text));
    const flag = placeholder === null ? flagOf(name) : `${flagOf(name)} <${placeholder}>`;
    command.addOption(new Option(flag, texts.join("; ")).helpGroup(`Options of ${owners.join(", ")}:`));
  }
}

function sharedFlags(members: readonly Member[]): Map<string, SharedFlag> {
  const flags = new Map<string, SharedFlag>();
  for (const member of members) {
    for (const { name, doc, initial, choices } of describeOptions(member.options)) {
      const placeholder = typeof initial === "boolean" ? null : (choices?.join("|") ?? "value");
      const flag = flags.get(name) ?? { meanings: new Map(), placeholder };
      const text = initial === undefined || placeholder === null ? doc : `${doc} (default: ${String(initial)})`;
      flag.meanings.set(text, [...(flag.meanings.get(text) ?? []), member.name]);
      flags.set(name, flag);
    }
  }
  return flags;
}

/** A member by name. @throws OptionError for a name that none has. */
export function memberNamed<M extends Member>(members: readonly M[], name: string, where: string): M {
  const member = members.find((known) => known.name === name);
  if (member !== undefined) return member;
  const names = members.map((known) => known.name);
  throw new OptionError(`${where}: the metric must be known - got ${name}`, suggestion(name, names, "metrics"));
}

/** An option of a member that is not chosen would be left out in silence. @throws OptionError naming it. */
export function requireUsed(
  members: readonly Member[],
  chosen: readonly Member[],
  flags: Readonly<Record<string, unknown>>,
  where: string,
): void {
  const used = new Set(chosen.flatMap((member) => Object.keys(member.options.shape)));
  const all = z.object(Object.assign({}, ...members.map(({ options }) => options.shape)));
  const idle = Object.keys(givenOptions(flags, all)).find((name) => !used.has(name));
  if (idle === undefined) return;
  const owners = members.filter(({ options }) => idle in options.shape).map(({ name }) => name);
  throw new OptionError(
    `${where}: ${idle} is an option of ${owners.join(", ")} - got it without ${owners.length > 1 ? "any of them" : `--metric ${owners[0]}`}`,
  );
}
