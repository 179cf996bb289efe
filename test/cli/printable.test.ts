import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { Output } from "../../src/cli/output.ts";
import { printable, printableJson } from "../../src/cli/printable.ts";
import { filesIn, workFolder, writeTinyData, zaya } from "./zaya.ts";

/** All that Unicode calls a control or a format character, but for joiners and what is outside the first plane. */
const obeyed = /(?!\n|\u200c|\u200d|\u00ad|[\u{10000}-\u{10ffff}])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const nasty = "a\u001b[2J\u009b31m\u202egpj\u2066\u200f\u2028\r\u0007\u007fz";

let work: Awaited<ReturnType<typeof workFolder>>;
beforeAll(async () => {
  work = await workFolder();
  await writeTinyData(work.folder);
});
afterAll(() => work.remove());

describe("text for a terminal", () => {
  it("is a single line in which every character is visible", () => {
    expect(printable("fa\u00e7ade, \u6587, \ud83d\udc69\u200d\ud83d\udcbb, می\u200cخواهم")).toBe(
      "fa\u00e7ade, \u6587, \ud83d\udc69\u200d\ud83d\udcbb, می\u200cخواهم",
    );
    expect(printable("a\nb\tc\u001b[0m\u202e")).toBe("a\\nb\\tc\\u001b[0m\\u202e");
    expect(printable(nasty)).not.toMatch(obeyed);
  });

  it("contains no control or format character of the Basic Multilingual Plane", () => {
    const all = Array.from({ length: 0xd800 }, (_, code) => String.fromCharCode(code)).join("");
    const left = [...printable(all)].filter((character) => obeyed.test(character));
    // Letters' own signs (Arabic numerals, Syriac abbreviation, Kaithi numbers) stand in text.
    expect(left.filter((character) => !/[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2]/.test(character))).toEqual([]);
  });

  it("has the same value as JSON", () => {
    const text = printableJson({ [nasty]: [nasty, 1] });
    expect(text).not.toMatch(obeyed);
    expect(JSON.parse(text)).toEqual({ [nasty]: [nasty, 1] });
  });

  it("is used for all output of a command", () => {
    let written = "";
    const stream = { write: (text: string) => (written += text), isTTY: true, columns: 200 };
    for (const json of [false, true]) {
      const output = new Output({ json }, stream, stream);
      output.say(nasty);
      output.warn(nasty);
      output.show(nasty);
      output.result([nasty], { keys: ["nasty"] }, { nasty });
    }
    expect(written.replaceAll("\r\u001b[2K", "")).not.toMatch(obeyed);
  });
});

/** Commands that name what they were given: a file, a folder, a flag, a column, a config's value. */
const commands = (name: string): string[][] => [
  [
    "train",
    "vae",
    "--data",
    "tiny.npy",
    "--steps",
    "2",
    "--batch",
    "8",
    "--hidden",
    "4",
    "--quiet",
    "--out",
    `runs/${name}`,
  ],
  ["data", `${name}.csv`],
  ["data", "folder"],
  ["train", "vae", "--data", "folder", "--dry-run"],
  ["train", "vae", `--${name}`],
  ["train", "vae", "--data", "tiny.npy", "--latent", name],
  ["train", "vae", "--config", "nasty.json"],
  ["sample", `runs/${name}`],
  ["eval", `runs/${name}`, "--metric", name],
  ["translate", `${name}.onnx`, "a.png", "b.png"],
  ["distance", `${name}.csv`, "tiny.npy", "--metric", name],
  ["list", name],
  [name],
];

describe("names with control characters and direction overrides", () => {
  it("never reach the terminal unescaped", async () => {
    const name = nasty.replaceAll("/", "");
    await mkdir(join(work.folder, "folder"));
    await writeFile(join(work.folder, "folder", `${name}.png`), "no image");
    await writeFile(join(work.folder, `${name}.csv`), `${name},b\n1,2\n3,x${name}\n`);
    await writeFile(join(work.folder, "nasty.json"), JSON.stringify({ model: { [name]: name }, data: { spec: name } }));
    const check = async (words: readonly string[]): Promise<void> => {
      const { stdout, stderr } = await zaya(work.folder, ...words);
      expect.soft(stdout + stderr, JSON.stringify(words)).not.toMatch(obeyed);
      expect.soft(stderr, JSON.stringify(words)).not.toContain("bug in zaya");
    };
    const [training, ...rest] = commands(name);
    await check(training!);
    await Promise.all(rest.map(check));
    expect(await filesIn(join(work.folder, "runs"))).toContain(`${name}/run.json`);
  }, 60_000);
});
