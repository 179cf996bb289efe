import { createHash } from "node:crypto";
import { join } from "node:path";

import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { MemoryStore } from "../../src/base/store.ts";
import { type GeneratedDataset, ring8, shapes } from "../../src/data/index.ts";
import { type ConfiguredModel, gan, vae } from "../../src/models/index.ts";
import { wasmEngine } from "../../src/runtime/index.ts";
import { train } from "../../src/train/index.ts";
import { affine } from "./pages/own-recipe.js";
import { isLast } from "../kernels/trainings.js";
import { type OpenedPage, noBrowser, openPage } from "../browser.ts";

interface Outcome {
  readonly digest: string;
  readonly files: readonly string[];
  readonly events: readonly string[];
  readonly error?: string;
}

/** SHA-256 of the parameters after the same training in Node. */
async function digestInNode(model: ConfiguredModel, data: ReturnType<GeneratedDataset["generate"]>, steps: number) {
  const store = new MemoryStore();
  for await (const _ of train(model, data, { steps, seed: 7 }, { engine: wasmEngine(), store }));
  const params = (await store.list("checkpoints")).findLast(isLast)!;
  return createHash("sha256")
    .update(await store.read(params))
    .digest("hex");
}

describe.skipIf(noBrowser !== null)(
  `training in a browser's Worker${noBrowser === null ? "" : ` (${noBrowser})`}`,
  () => {
    let opened: OpenedPage;
    let page: Page;

    beforeAll(async () => {
      opened = await openPage(join(import.meta.dirname, "pages"));
      ({ page } = opened);
    }, 120_000);

    afterAll(() => opened?.close());

    const ask = <T>(method: string, ...words: readonly unknown[]): Promise<T> =>
      page.evaluate(`page.${method}(...${JSON.stringify(words)})`);

    it("ends with the bytes that it ends with in Node: a GAN on points", { timeout: 120_000 }, async () => {
      const options = { hidden: [16, 16] };
      const found = await ask<Outcome>("train", "gan", options, { name: "ring8" }, { steps: 200, seed: 7 });
      expect(found.error).toBeUndefined();
      expect(found.events).toEqual(expect.arrayContaining(["step", "picture", "saved", "done"]));
      expect(found.files).toEqual(expect.arrayContaining(["export/generator.onnx", "report.html", "run.json"]));
      expect(found.digest).toBe(await digestInNode(gan(options), (ring8 as GeneratedDataset).generate(), 200));
    });

    it("ends with the bytes that it ends with in Node: a VAE on images", { timeout: 120_000 }, async () => {
      const options = { latent: 4, hidden: 32 };
      const found = await ask<Outcome>("train", "vae", options, { name: "shapes", size: 16 }, { steps: 20, seed: 7 });
      expect(found.error).toBeUndefined();
      expect(found.digest).toBe(await digestInNode(vae(options), shapes.generate(16), 20));
    });

    it(
      "is saved in the browser, stopped, and resumes in another tab to the same bytes",
      { timeout: 120_000 },
      async () => {
        const [options, data] = [{ hidden: 8 }, { name: "ring8" }];
        const training = { steps: 60, seed: 7 };
        const whole = await ask<Outcome>("train", "gan", options, data, training);
        const stopped = await ask<Outcome>("train", "gan", options, data, training, "kept", 20);
        expect(stopped.events).toContain("interrupted");
        expect(await ask("stores")).toContain("kept");
        await page.reload();
        await page.waitForFunction("globalThis.ready");
        const resumed = await ask<Outcome>("resume", "kept", data);
        expect(resumed.error).toBeUndefined();
        expect(resumed.digest).toBe(whole.digest);
        await ask("delete", "kept");
        expect(await ask("stores")).not.toContain("kept");
      },
    );

    it("trains the user's recipes in a Worker that serves them, and resumes them", { timeout: 120_000 }, async () => {
      const [data, training] = [{ name: "ring8" }, { steps: 40, seed: 7 }];
      const whole = await ask<Outcome>("trainOwn", "affine", data, training);
      expect(whole.error).toBeUndefined();
      expect(whole.files).toEqual(expect.arrayContaining(["export/sampler.onnx", "report.html"]));
      expect(whole.digest).toBe(await digestInNode(affine(), (ring8 as GeneratedDataset).generate(), 40));
      const stopped = await ask<Outcome>("trainOwn", "affine", data, training, "own", 15);
      expect(stopped.events).toContain("interrupted");
      expect(await ask("resume", "own", data)).toMatchObject({ error: expect.stringContaining("got affine") });
      expect(await ask<Outcome>("resumeOwn", "own", data)).toMatchObject({ digest: whole.digest });
      await ask("delete", "own");
      // It trains zaya's own as well.
      expect(await ask<Outcome>("trainOwn", "gan", data, { steps: 2, seed: 7 })).toMatchObject({
        events: expect.arrayContaining(["done"]),
      });
    });

    it("explains what cannot be trained", async () => {
      expect(await ask("train", "gan", {}, { name: "mnist" }, { steps: 1 })).toMatchObject({
        error: expect.stringContaining("got mnist"),
        hint: expect.stringContaining("ring8"),
      });
      expect(await ask("train", "gan", {}, { name: "ring8" }, { steps: -1 })).toMatchObject({
        error: expect.stringContaining("steps must be at least 1 - got -1"),
      });
      expect(await ask("train", "affine", {}, { name: "ring8" }, { steps: 1 })).toMatchObject({
        error: expect.stringContaining("got affine"),
        hint: expect.stringContaining("serveTraining"),
      });
      expect(await ask("resume", "never", { name: "ring8" })).toMatchObject({
        error: expect.stringContaining("run.json"),
      });
    });

    it("reads pictures chosen by the user, and names those that it cannot read", async () => {
      expect(await ask("pictures", 20)).toEqual({
        shape: [8, 8, 3],
        sizes: [18, 2],
        skipped: [{ file: "broken.png", reason: "the browser cannot decode it" }],
        first: [expect.any(Number), 100, 200],
      });
    });
  },
);
