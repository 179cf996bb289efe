import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { describe, expect, it } from "vitest";

const script = join(import.meta.dirname, "soak.js");

/** Bytes of memory that each of many steps, or of many programs, leaves behind, in a process of its own. */
async function slopeOf(...words: readonly (string | number)[]): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", script, ...words.map(String)]);
  return (JSON.parse(stdout) as { slope: number }).slope;
}

/** A step handles 50 kB of arrays. */
const perStep = 250;

/** A compiled program holds 180 kB to 290 kB; V8 still gathers code of its own over so few of them, up to 11 kB for each. */
const perProgram = 30_000;

// 100,000 steps and 1,000 programs by hand: docs/kernels.md.
describe.each([
  ["cpu", 1, 24_000, 600],
  ["kernels", 1, 12_000, 300],
  ["wasm", 2, 12_000, 300],
] as const)("memory of the engine %s on %i threads", (device, threads, steps, programs) => {
  it(`grows by less than ${perStep} bytes per step`, async () => {
    expect(await slopeOf(device, threads, "steps", steps)).toBeLessThan(perStep);
  });

  it(`grows by less than ${perProgram} bytes when a program is compiled, run and released`, async () => {
    expect(await slopeOf(device, threads, "programs", programs)).toBeLessThan(perProgram);
  });

  it("would grow measurably if nothing were released", async () => {
    expect(await slopeOf(device, threads, "kept", 150)).toBeGreaterThan(3 * perProgram);
  });
});
