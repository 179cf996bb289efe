import { availableParallelism } from "node:os";
import { join } from "node:path";

import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type OpenedPage, noBrowser, openPage } from "../browser.ts";
import { trainings } from "../kernels/trainings.js";

describe.skipIf(noBrowser !== null)(
  `the wasm engine on an isolated page${noBrowser === null ? "" : ` (${noBrowser})`}`,
  () => {
    let opened: OpenedPage;
    let page: Page;

    beforeAll(async () => {
      opened = await openPage(join(import.meta.dirname, "isolated-page"), { isolated: true });
      ({ page } = opened);
    }, 120_000);

    afterAll(() => opened?.close());

    it.each([
      ["vae", 4],
      ["gan", 2],
      ["gan", 4],
      ["cyclegan", 4],
    ] as const)("trains a %s on %i threads to the bytes of Node", { timeout: 180_000 }, async (name, threads) => {
      expect(await page.evaluate(`train(${JSON.stringify(name)}, ${threads})`)).toEqual({
        digest: trainings[name].digest,
        threads,
      });
    });

    it("gives trainInWorker all cores, and the bytes of one", { timeout: 180_000 }, async () => {
      const own = await openPage(join(import.meta.dirname, "pages"), { isolated: true });
      const loaded: string[] = [];
      own.page.context().on("request", (request) => loaded.push(request.url()));
      const words = ["gan", { hidden: [64, 64] }, { name: "ring8" }, { steps: trainings.gan.steps, seed: 7 }];
      const found = await own.page.evaluate(`page.train(...${JSON.stringify(words)})`);
      await own.close();
      expect(found).toMatchObject({ digest: trainings.gan.digest });
      if (availableParallelism() > 1) expect(loaded.join()).toContain("kernel-thread");
    });
  },
);
