import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect, it } from "vitest";

it("solves the boxes puzzle: every plan costs 42 if all boxes are left of all positions, and one is optimal otherwise", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["examples/earth-mover.js"]);
  expect(stdout).toBe(`apart: boxes at 0 1 2 4 5 6, places at 7 8 9 11 12 13
  the least cost is 42 (optimal): 0->7 1->8 2->9 4->11 5->12 6->13
  in order 42, the other way round 42; all 720 plans cost 42
  potentials at the boxes 7 6 5 3 2 1, at the positions 0 1 2 4 5 6
mixed: boxes at 1 3 5 7 9 11, places at 2 4 6 8 10 12
  the least cost is 6 (optimal): 1->2 3->4 5->6 7->8 9->10 11->12
  in order 6, the other way round 36; all 720 plans cost 6 to 36
  potentials at the boxes 1 1 1 1 1 1, at the positions 0 0 0 0 0 0
`);
});

it("draws the picture of its page", async () => {
  const folder = await mkdtemp(join(tmpdir(), "zaya-"));
  try {
    const out = join(folder, "distance.svg");
    await promisify(execFile)(process.execPath, ["examples/earth-mover.js", out]);
    expect(await readFile(out, "utf8")).toBe(await readFile("docs/earth-mover.svg", "utf8"));
  } finally {
    await rm(folder, { recursive: true });
  }
});
