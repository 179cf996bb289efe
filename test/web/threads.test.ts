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
      ["gan", 1],
      ["cyclegan", 1],
    ] as const)("trains a %s on %i threads to the bytes of Node", { timeout: 180_000 }, async (name, threads) => {
      expect(await page.evaluate(`train(${JSON.stringify(name)}, ${threads})`)).toEqual({
        digest: trainings[name].digest,
        threads,
      });
    });
  },
);
