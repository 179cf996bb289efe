import { execFileSync } from "node:child_process";

import { describe, expect, it } from "vitest";

import { shellWord } from "../../src/base/shell-word.ts";

describe("a path as a word of a shell", () => {
  it("is unchanged where possible", () => {
    expect(shellWord("runs/vae-mnist-1")).toBe("runs/vae-mnist-1");
    expect(shellWord("my runs/it's")).toBe("'my runs/it'\\''s'");
  });

  it.each([
    "runs/vae 1",
    "it's",
    "$(rm -rf .)",
    "a;b|c&d>e",
    "~",
    "",
    "*?[a]",
    'a"b`c\\d',
    "line\nbreak",
    "\u001b[31mred",
    "gpj.\u202eevil's\\",
    "می\u200cخواهم",
    "tag\u{e0061}",
  ])("%j reaches a program unchanged", (path) => {
    const got = execFileSync("bash", ["--norc", "--noprofile", "-c", `printf %s ${shellWord(path)}`], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8" },
    });
    expect(got).toBe(path);
  });

  it("is not taken for a flag", () => {
    expect(shellWord("-rf")).toBe("./-rf");
    expect(shellWord("--out dir")).toBe("'./--out dir'");
  });

  it("contains no control characters", () => {
    expect(shellWord("a\u001b]0;x\u0007\u202e")).toMatch(/^[\x20-\x7e]+$/);
  });
});
