import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";

import { describe, expect, it, vi } from "vitest";

const src = join(import.meta.dirname, "..", "src");

/** design.md, section 2: a file imports from its own room or a lower floor, never sideways, never up. */
const floors: Readonly<Record<string, number>> = {
  base: 0,
  graph: 1,
  codec: 1,
  plot: 1,
  numeric: 1,
  ops: 2,
  autodiff: 3,
  distributions: 3,
  onnx: 3,
  kernels: 3,
  runtime: 4,
  nn: 4,
  optim: 4,
  estimators: 4,
  objectives: 4,
  divergences: 4,
  transport: 4,
  transforms: 4,
  models: 5,
  data: 5,
  metrics: 5,
  distances: 5,
  step: 6,
  run: 7,
  trained: 8,
  evaluation: 9,
  diagnosis: 10,
  report: 11,
  train: 12,
  sweep: 13,
  repro: 13,
  node: 14,
  web: 14,
  monitor: 15,
  cli: 16,
};

/** Rooms that may ask what time it is; all others are told, or ask base/clock.ts. */
const withTime = ["cli", "node"];
/** "Look hard at 400": nobody has looked at a longer file and found it right. */
const longest = 400;

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => ({ name, text: readFileSync(join(src, name), "utf8") }));

const roomOf = (name: string): string => name.split(/[\\/]/)[0]!;

/** Paths from which a file imports or exports, types included, and those it loads later. */
function importsOf(text: string): string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
  return [...code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']/g)].map(([, path]) => path!);
}

function offences(check: (file: (typeof files)[number]) => readonly string[]): string[] {
  return files.flatMap((file) => check(file).map((what) => `src/${file.name}: ${what}`));
}

describe("the house", () => {
  it("is found by this test", () => {
    expect(files.length).toBeGreaterThan(100);
    expect(
      importsOf(
        'import type { A } from "../a.ts";\nexport * from "./b.ts";\n// from "./c.ts"\nawait import("./d.ts");',
      ),
    ).toEqual(["../a.ts", "./b.ts", "./d.ts"]);
  });

  it("has rooms whose floors are known", () => {
    const rooms = new Set(files.map(({ name }) => roomOf(name)).filter((room) => !room.endsWith(".ts")));
    expect([...rooms].filter((room) => !(room in floors))).toEqual([]);
  });

  it("has files that import from their own room or a lower floor", () => {
    const wrong = offences(({ name, text }) => {
      const room = roomOf(name);
      // The package's front door stands on the roof.
      if (room.endsWith(".ts")) return [];
      return importsOf(text).flatMap((path) => {
        if (!path.startsWith(".")) return [];
        const target = roomOf(relative(src, join(src, dirname(name), path)));
        const allowed = target === room || (target in floors && floors[target]! < floors[room]!);
        return allowed ? [] : [`${room} (${floors[room]}) imports ${target} (${floors[target] ?? "no floor"})`];
      });
    });
    expect(wrong).toEqual([]);
  });

  it("keeps Node in its rooms", () => {
    const wrong = offences(({ name, text }) => {
      if (["cli", "monitor", "node"].includes(roomOf(name))) return [];
      return importsOf(text).filter((path) => path.startsWith("node:") || path === "sharp");
    });
    expect(wrong).toEqual([]);
  });

  it("draws no number and reads no clock behind a run's back", () => {
    const wrong = offences(({ name, text }) => [
      ...(/\bMath\.random\s*\(/.test(text) ? ["Math.random: use a key of base/random.ts"] : []),
      ...(/\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b/.test(text) &&
      !withTime.includes(roomOf(name)) &&
      name !== join("base", "clock.ts") &&
      !name.endsWith(".d.ts")
        ? ["reads the clock: take a Clock of base/clock.ts"]
        : []),
    ]);
    expect(wrong).toEqual([]);
  });

  it(`has no file of more than ${longest} lines that somebody wrote`, () => {
    expect(
      offences(({ text }) => {
        const lines = text.split("\n").length - 1;
        return lines > longest && !text.startsWith("// Written by `npm run") ? [`${lines} lines`] : [];
      }),
    ).toEqual([]);
  });

  it("names nothing utils, helpers, common or manager", () => {
    expect(files.map(({ name }) => name).filter((name) => /util|helper|common|manager/i.test(name))).toEqual([]);
  });

  it("has files of the graph that can each be loaded first, in spite of the circles among them", async () => {
    const rooms = ["graph", "ops", "autodiff", "distributions", "onnx", "nn", "optim"];
    const broken: string[] = [];
    for (const { name } of files.filter(({ name: path }) => rooms.includes(roomOf(path)))) {
      vi.resetModules();
      await import(join(src, name)).catch((error: unknown) => broken.push(`${name}: ${String(error)}`));
    }
    expect(broken).toEqual([]);
  });
});
