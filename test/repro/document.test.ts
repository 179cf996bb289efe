import { describe, expect, it } from "vitest";

import { type Row, type RowResult, documentRows, pictureFile } from "../../src/repro/index.ts";

const row: Row = {
  name: "ring",
  summary: "modes of a ring",
  source: "somewhere",
  criterion: "eight of them",
  paper: { modes: 8 },
  scales: { quick: "10 steps", full: "100 steps" },
  run: () => Promise.reject(new Error("not run here")),
  verdict: () => ({ passed: false }),
};
const result: RowResult = {
  row: "ring",
  scale: "full",
  passed: false,
  values: { modes: 7.5, modesStderr: 0.25 },
  paper: row.paper,
  seeds: [1, 2],
  seconds: 90,
  machine: "2 x this",
  date: "2026-01-02T03:04:05.000Z",
  versions: {},
};

describe("the page of reproductions", () => {
  it("shows values next to the published ones, with their error, seeds, minutes and machine", () => {
    const page = documentRows([row], [result]);
    expect(page).toContain("**full: missed.** 100 steps. Seeds 1, 2, 1.5 minutes on 2 x this, 2026-01-02.");
    expect(page).toContain("| modes | 8 | 7.5 ± 0.25 |");
    expect(page).not.toContain("![");
  });

  it("says so if nothing is random", () => {
    expect(documentRows([row], [{ ...result, seeds: [] }])).toContain("100 steps. No random numbers, 1.5 minutes");
  });

  it("lists the findings in training runs, also if there are none", () => {
    const warned = ["gan, seed 1", "gan, seed 4"].map((label) => ({ label, symptom: "no-convergence", evidence: "" }));
    const page = (list: typeof warned) => documentRows([row], [{ ...result, trainings: { count: 9, warned: list } }]);
    expect(page(warned)).toContain("Findings in 9 training runs: no-convergence (gan, seed 1; gan, seed 4).");
    expect(page([])).toContain("Findings in 9 training runs: none.");
    expect(documentRows([row], [result])).not.toContain("Findings");
  });

  it("shows the spread over seeds if a row has it", () => {
    const page = documentRows([row], [{ ...result, values: { ...result.values, modesSpread: 0.5 } }]);
    expect(page).toContain("| modes | 8 | 7.5 ± 0.25 (spread over seeds 0.50) |");
    expect(page).not.toContain("modesSpread");
  });

  it("shows the bounds of an interval if a row has them", () => {
    const page = documentRows([row], [{ ...result, values: { ...result.values, modesLow: 7, modesHigh: 8.00004 } }]);
    expect(page).toContain("| modes | 8 | 7.5 ± 0.25 (95 %: 7 to 8) |");
    expect(page).not.toContain("modesLow");
  });

  it("says so if a number is undefined, and omits its error", () => {
    const values = { divergence: null, divergenceStderr: null, divergenceLow: null, divergenceHigh: null };
    expect(documentRows([row], [{ ...result, values }])).toContain("| divergence |  | not defined |");
  });

  it("shows the remarks, and the peak memory", () => {
    const told = { ...result, remarks: ["Seven are fewer than eight."], peakMemory: 512_400_000 };
    const page = documentRows([row], [told]);
    expect(page).toContain("| modes | 8 | 7.5 ± 0.25 |\n\nSeven are fewer than eight.\n");
    expect(page).toContain("1.5 minutes and at most 512 MB on 2 x this");
  });

  it("shows the pictures of that row and scale, and no others", () => {
    const files = [
      "ring-quick-plane.svg",
      "ring-full-two-circles.svg",
      "ring-full-plane.svg",
      "ring-full-strips.png",
      "ring-full-notes.txt",
      "ring-two-full-plane.svg",
    ];
    const page = documentRows([row], [result], files);
    expect(page.match(/!\[.*/g)).toEqual([
      "![ring: two circles](reproductions/ring-full-two-circles.svg)",
      "![ring: plane](reproductions/ring-full-plane.svg)",
      "![ring: strips](reproductions/ring-full-strips.png)",
    ]);
    expect(pictureFile(result, "plane", "<svg/>")).toBe("ring-full-plane.svg");
    expect(pictureFile(result, "strips", new Uint8Array(1))).toBe("ring-full-strips.png");
  });

  it("lists a row that has not been run", () => {
    expect(documentRows([row], [])).toContain(
      "## ring\n\nModes of a ring.\n\nSource: somewhere. Criterion: eight of them.\n\nNot run yet.",
    );
  });
});
