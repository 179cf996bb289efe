import { readFile } from "node:fs/promises";

import { type Command, CommanderError } from "commander";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import { ZayaError } from "../../src/base/errors.ts";
import { commands } from "../../src/cli/commands.ts";
import { declareProgram } from "../../src/cli/main.ts";
import { explainUsage } from "../../src/cli/usage.ts";
import { models } from "../../src/models/index.ts";
import { workFolder, zaya } from "../cli/zaya.ts";

// What every command owes, found by the index: a new one needs no case here.

let work: Awaited<ReturnType<typeof workFolder>>;
beforeAll(async () => {
  work = await workFolder();
});
afterAll(() => work.remove());
afterEach(() => vi.unstubAllEnvs());

/** Words for the arguments that a command must have: nothing of these names is there. */
function argumentsOf(command: Command): string[] {
  return command.registeredArguments.filter(({ required }) => required).map((_, i) => `nothing-${i}`);
}

/** The program with one command declared, for these words after its name. */
async function declared(name: string, words: readonly string[]): Promise<{ program: Command; command: Command }> {
  const program = await declareProgram(name, words);
  return { program, command: program.commands.find((known) => known.name() === name)! };
}

/** What a command prints as its help at a width. */
async function helpOf(name: string, columns: number): Promise<string[]> {
  vi.stubEnv("COLUMNS", String(columns));
  const { program, command } = await declared(name, ["--help"]);
  let text = "";
  // A command writes as it was told when it was made.
  for (const each of [program, command]) each.configureOutput({ writeOut: (part) => (text += part) });
  await program.parseAsync([name, "--help"], { from: "user" }).catch((error: unknown) => {
    if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error;
  });
  return text.split("\n");
}

/** Two letters of a flag in the other order. */
function misspelt(flag: string): string {
  const at = flag.length - 2;
  return flag.slice(0, at) + flag[at + 1]! + flag[at]!;
}

it("commands have unique names", () => {
  expect(new Set(commands.map(({ name }) => name)).size).toBe(commands.length);
});

describe.each(commands)("zaya $name", ({ name, summary }) => {
  it("has help of at most 80 columns, with its usage and an example", async () => {
    expect(summary).toMatch(/^[a-z].*[^.]$/);
    const lines = await helpOf(name, 80);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.some((line) => line.startsWith(`Usage: zaya ${name}`))).toBe(true);
    const example = lines.indexOf("Examples:");
    expect(example).toBeGreaterThan(0);
    expect(lines.slice(example).some((line) => line.includes(`zaya ${name}`))).toBe(true);
  });

  it("describes each argument and flag", async () => {
    const { command } = await declared(name, [models[0]!.name]);
    for (const { long, short, description } of command.options.filter(({ hidden }) => !hidden)) {
      expect(description.length, long ?? short).toBeGreaterThan(3);
      expect(long ?? short).toMatch(/^--[a-z][a-z-]*$|^-[a-z]$/);
    }
    if (name === "train") return;
    for (const argument of command.registeredArguments) {
      expect(argument.description.length, argument.name()).toBeGreaterThan(3);
    }
  });

  it("rejects an unknown flag, and suggests the nearest", async () => {
    const recipe = models[0]!.name;
    const { program, command } = await declared(name, [recipe]);
    const flags = command.options.flatMap(({ long }) => long ?? []);
    const flag = flags.includes("--json") ? "--json" : flags[0]!;
    const words = [name, ...(name === "train" ? [recipe] : argumentsOf(command)), misspelt(flag)];
    const refused = await program.parseAsync(words, { from: "user" }).then(
      () => expect.unreachable("it was not refused"),
      (error: unknown) => explainUsage(error as CommanderError, program, name),
    );
    expect(refused).toBeInstanceOf(ZayaError);
    expect(refused.message).toBe(`there is no flag ${misspelt(flag)}`);
    expect(refused.hint).toBe(`did you mean ${flag}?`);
  });

  it("prints one JSON object, or an error message and nothing else", async () => {
    const { command } = await declared(name, [models[0]!.name]);
    const { json } = await commands.find((known) => known.name === name)!.load();
    expect(json.length > 0).toBe(command.options.some(({ long }) => long === "--json"));
    if (json.length === 0) {
      const promise = `Every command except \`${name}\` accepts \`--json\``;
      expect(await readFile("docs/json.md", "utf8")).toContain(promise);
      return;
    }
    const { code, stdout, stderr } = await zaya(work.folder, name, ...argumentsOf(command), "--json");
    if (code === 0) {
      expect(stdout.match(/\n/g)).toHaveLength(1);
      expect(Object.keys(JSON.parse(stdout) as object).length).toBeGreaterThan(0);
      return;
    }
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^error: .+\n(hint: .+\n)?$/s);
  });
});
