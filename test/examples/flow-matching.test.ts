import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { NdArray } from "../../src/base/ndarray.ts";
import { key, normal } from "../../src/base/random.ts";
import { ring8 } from "../../src/data/index.ts";
import { FolderStore, nodeEngine } from "../../src/node/index.ts";
import { Run } from "../../src/run/index.ts";
import { openTrained } from "../../src/trained/index.ts";
import { runOnnx } from "../onnx-file.ts";
// @ts-expect-error -- an example, in JavaScript
import { flowMatching } from "../../examples/flow-matching.js";

const run = promisify(execFile);

let folder: string;
let out: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zaya-example-"));
  out = join(folder, "run");
  await run(process.execPath, ["examples/flow-matching.js", out, "1200"]);
}, 240_000);
afterAll(() => rm(folder, { recursive: true }));

/** Mean distance to the nearest of ring8's modes, and the share of points that are nearest to each. */
function nearModes({ data, shape: [n] }: NdArray) {
  const modes = ring8.generate().train.modes!;
  const { data: centers } = modes.kind === "centers" ? modes.centers : { data: new Float32Array() };
  const shares = new Float64Array(8);
  let total = 0;
  for (let i = 0; i < n!; i++) {
    const distances = Array.from(shares, (_, k) =>
      Math.hypot(data[2 * i]! - centers[2 * k]!, data[2 * i + 1]! - centers[2 * k + 1]!),
    );
    const nearest = Math.min(...distances);
    shares[distances.indexOf(nearest)]! += 1 / n!;
    total += nearest / n!;
  }
  return { distance: total, least: Math.min(...shares) };
}

describe("the example of a custom recipe", () => {
  it("is less than 80 lines", async () => {
    expect((await readFile("examples/flow-matching.js", "utf8")).trimEnd().split("\n").length).toBeLessThan(80);
  });

  it("transports noise to all eight modes, in its ONNX file and in the reopened run", async () => {
    const noise = normal(key(5), [1000, 2]);
    const [made] = await runOnnx(await readFile(join(out, "export", "sampler.onnx")), { noise });
    const found = nearModes(made!["point"] as NdArray);
    // In the mean, noise itself is 0.6 away from the nearest mode, and a circle through all of them without gaps 0.195.
    expect(nearModes(noise).distance).toBeGreaterThan(0.5);
    expect(found.distance).toBeLessThan(0.1);
    // An eighth is due to each.
    expect(found.least).toBeGreaterThan(0.08);
    const opened = await openTrained(await Run.open(new FolderStore(out), flowMatching), await nodeEngine());
    const { point } = await opened.trained.map("sampler", { noise });
    const apart = Array.from(point!.data, (x, i) => Math.abs(x - made!["point"]!.data[i]!));
    expect(Math.max(...apart)).toBeLessThan(1e-4);
    await opened.close();
  });
});
