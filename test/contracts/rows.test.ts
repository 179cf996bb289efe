import { readFile, readdir } from "node:fs/promises";

import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import { declareProgram } from "../../src/cli/main.ts";
import { type RowResult, type Values, rows } from "../../src/repro/index.ts";

// What every row of `zaya repro` owes, found by the index: a new one needs no case here. What its verdict says of numbers on
// either side of its criterion stands in test/repro.

const scales = ["quick", "full"] as const;

/** Numbers that are not defined, whatever they are called. */
const undefinedValues: Values = new Proxy({}, { get: () => Number.NaN, has: () => true });

let results: RowResult[];
let document: string;
beforeAll(async () => {
  const folder = "docs/reproductions";
  const files = (await readdir(folder)).filter((file) => file.endsWith(".json"));
  results = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(`${folder}/${file}`, "utf8")) as RowResult),
  );
  document = await readFile("docs/reproductions.md", "utf8");
});
afterEach(() => vi.restoreAllMocks());

it("rows have unique names", () => {
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
});

it("every result file belongs to a row", () => {
  expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(results.map(({ row }) => row)));
});

describe.each(rows)("row $name", (row) => {
  it("states its claim, source and criterion", () => {
    expect(row.name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    for (const text of [row.summary, row.source, row.criterion]) expect(text.length).toBeGreaterThan(10);
  });

  it("declares what both scales run", () => {
    const { quick, full } = row.scales;
    if (quick === "all of it") return;
    for (const text of [quick, full]) expect(text).toMatch(/\d/);
    expect(quick).not.toBe(full);
  });

  it.each(scales)("misses its criterion at the %s scale if nothing was measured", (scale) => {
    expect(row.verdict(undefinedValues, scale).passed).toBe(false);
  });

  it("has published numbers for values that it measures", () => {
    expect(Object.values(row.paper).every(Number.isFinite)).toBe(true);
    for (const { values } of results.filter((result) => result.row === row.name)) {
      expect(Object.keys(values)).toEqual(expect.arrayContaining(Object.keys(row.paper)));
    }
  });

  it("is in docs/reproductions.md", () => {
    expect(document).toContain(`\n## ${row.name}\n`);
  });

  it.each(scales)("prints what it would run at the %s scale, without running it", async (scale) => {
    let printed = "";
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      printed += String(text);
      return true;
    });
    const run = vi.spyOn(row, "run");
    const words = ["repro", row.name, "--scale", scale, "--only-print", "--json"];
    const program = await declareProgram("repro", words);
    await program.parseAsync(words, { from: "user" });
    expect(JSON.parse(printed)).toEqual({
      row: row.name,
      scale,
      summary: row.summary,
      criterion: row.criterion,
      paper: row.paper,
      runs: row.scales[scale],
    });
    expect(run).not.toHaveBeenCalled();
  });
});
