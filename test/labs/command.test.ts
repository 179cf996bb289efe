import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { labs } from "../../studio/src/labs/index.ts";
import { type Bench, type Lab, controlsOf } from "../../studio/src/labs/lab.ts";
import { parseMetricLine } from "../../src/run/index.ts";
import { wasmEngine } from "../../src/runtime/index.ts";

const bin = join(import.meta.dirname, "..", "..", "bin", "zaya.js");

/** Names of a lab's meters in the run's record. */
const names: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "gan-arena": {
    modes: "modes/covered",
    quality: "modes/highQuality",
    emd: "distance/emd",
    discriminator: "discriminator/loss",
    generator: "generator/loss",
  },
  "vae-workbench": {
    negElbo: "elbo",
    recon: "elbo/recon",
    kl: "elbo/kl",
    active: "elbo/activeUnits",
    loss: "beta-vae/loss",
    weight: "beta-vae/beta",
  },
  "little-data": {
    train: "overfit/scores/train",
    heldOut: "overfit/scores/heldOut",
    memorised: "overfit/memorised",
    emd: "distance/emd",
  },
  "dying-relu": {
    dead1: "dead/generator/layer1",
    dead2: "dead/generator/layer2",
    gradient: "gradient/generator/generator",
    emd: "distance/emd",
    loss: "generator/loss",
  },
};

const site = join(import.meta.dirname, "..", "..", "dist", "labs");

const bench = (seed: number): Bench => ({
  seed,
  engine: wasmEngine(),
  read: async (file) => new Uint8Array(gunzipSync(await readFile(join(site, file)))),
});

const initial = (lab: Lab) => Object.fromEntries(controlsOf(lab).map(({ name, initial: value }) => [name, value]));

describe("the command that a lab shows", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "zaya-labs-"));
  });

  afterAll(() => rm(folder, { recursive: true }));

  it.each(Object.entries(names))("gives its numbers, to the bit: %s", { timeout: 120_000 }, async (id, meters) => {
    const lab = labs.find((each) => each.id === id)!;
    const [steps, seed] = [40, 5];
    const experiment = await lab.open(lab.controls.parse(initial(lab)), bench(seed));
    const scalars: Record<string, number> = {};
    while (experiment.step < steps) Object.assign(scalars, await experiment.advance());
    const found: Readonly<Record<string, number>> = { ...scalars, ...(await experiment.measure()) };
    await experiment.release();
    const { cli } = lab.code(initial(lab) as never, seed, steps);
    const words = cli!.split(" ");
    expect(words.slice(0, 2)).toEqual(["npx", "zaya"]);
    const out = join(folder, id);
    execFileSync(process.execPath, [bin, ...words.slice(2), "--out", out, "--quiet"], { cwd: folder });
    const lines = (await readFile(join(out, "metrics.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => parseMetricLine(line, "metrics.jsonl"));
    for (const [meter, name] of Object.entries(meters)) {
      const line = lines.findLast(
        (each) => each.name === name && each.step === steps && each.split !== (name.startsWith("elbo") ? "train" : ""),
      );
      expect([name, found[meter]]).toEqual([name, line?.value]);
    }
  });
});
