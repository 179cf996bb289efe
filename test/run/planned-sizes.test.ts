import { describe, expect, it } from "vitest";

import { type Dataset, arrayDataset } from "../../src/data/index.ts";
import { zeros } from "../../src/base/ndarray.ts";
import { parseOptions } from "../../src/base/options.ts";
import { models } from "../../src/models/index.ts";
import { planRun } from "../../src/run/index.ts";
import { interpreter } from "../../src/runtime/index.ts";

const part = (name: string): Dataset =>
  arrayDataset({
    name,
    kind: "image",
    items: zeros<"float32">([64, 16, 16, 1]),
    labels: Int32Array.from({ length: 64 }, (_, i) => i % 2),
  });
const data = { train: part("train"), test: part("test") };
const gibibyte = 2 ** 30;

async function plan(recipe: string, options: Readonly<Record<string, unknown>>, memory?: number) {
  const definition = models.find(({ name }) => name === recipe)!;
  const model = { definition, options: parseOptions(definition.options, options, recipe) };
  const free = memory === undefined ? {} : { freeMemory: () => memory };
  return planRun(model, data, {}, { engine: { ...interpreter(), ...free } });
}

describe("a plan that does not fit into the memory", () => {
  it.each([
    ["vae", { latent: 1_000_000_000 }, "--latent"],
    ["vae", { hidden: [300_000, 300_000] }, "--hidden"],
    ["gan", { latent: 2_000_000_000, arch: "mlp" }, "--latent"],
    ["categorical-vae", { variables: 100_000_000 }, "--variables"],
    ["classifier", { features: 1_000_000_000 }, "--features"],
  ])("is rejected before any of it is allocated: %s %o", async (recipe, options, flag) => {
    const before = process.memoryUsage().arrayBuffers;
    await expect(plan(recipe, options, 16 * gibibyte)).rejects.toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/must fit into the 16 GiB of memory .* got about \d+/),
        hint: `choose a smaller ${flag}`,
      }),
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e7);
  });

  it.each([
    ["vae", { mcSamples: 1_000_000_000 }, "--mc-samples"],
    ["categorical-vae", { mcSamples: 1_000_000_000, estimator: "score-function" }, "--mc-samples"],
  ])("is rejected by the cost of one more unit of an option: %s %o", async (recipe, options, flag) => {
    await expect(plan(recipe, options, 16 * gibibyte)).rejects.toThrow(`got ${flag} 10`);
  });

  it.each(["wgan", "wgan-gp"])("is rejected by the cost of one more critic update: %s", async (recipe) => {
    await expect(plan(recipe, { criticSteps: 200 }, gibibyte / 16)).rejects.toThrow("got --critic-steps 200");
    // A step is one graph: nobody waits until one of thousands of updates is compiled.
    await expect(plan(recipe, { criticSteps: 201 }, 16 * gibibyte)).rejects.toThrow("criticSteps must be at most 200");
  });

  it.each([
    ["unrolled-gan", "unroll"],
    ["cyclegan", "blocks"],
    ["pix2pix", "blocks"],
  ])("is rejected if its graph would take hours to build: %s --%s", async (recipe, option) => {
    await expect(plan(recipe, { [option]: 10_000_000 })).rejects.toThrow(
      `${option} must be at most 100 - got 10000000`,
    );
  });

  it("is counted as what a run holds of it", async () => {
    // Encoder and decoder of [256, 8], [8, 4] and [2, 8], [8, 256], with biases, two moments each, all of it twice.
    const parameters = 256 * 8 + 8 + 8 * 4 + 4 + 2 * 8 + 8 + 8 * 256 + 256;
    const bytes = 2 * 4 * 3 * parameters;
    await expect(plan("vae", { hidden: [8], latent: 2 }, bytes - 1)).rejects.toThrow("must fit into");
    await expect(plan("vae", { hidden: [8], latent: 2 }, bytes)).resolves.toBeDefined();
  });
});
