import { join } from "node:path";

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type Served, noBrowser, openBrowser, servePage } from "../browser.ts";
import { trainings } from "../kernels/trainings.js";

describe.skipIf(noBrowser !== null)(
  `the wasm engine on an isolated page${noBrowser === null ? "" : ` (${noBrowser})`}`,
  () => {
    let served: Served;
    let browser: Browser;
    let page: Page;

    beforeAll(async () => {
      served = await servePage(join(import.meta.dirname, "isolated-page"), { isolated: true });
      browser = await openBrowser();
      page = await (await browser.newContext()).newPage();
      await page.goto(served.address);
      await page.waitForFunction("globalThis.ready");
    }, 120_000);

    afterAll(async () => {
      await browser?.close();
      await served?.close();
    });

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
