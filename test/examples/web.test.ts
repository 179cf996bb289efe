import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { noBrowser, openBrowser, servePage } from "../browser.ts";
import { decodeOnnx } from "../onnx-file.ts";

const folder = join(import.meta.dirname, "..", "..", "examples", "web");

it.skipIf(noBrowser !== null)(
  `the example page trains, goes on after its tab was closed, and offers its generator${noBrowser === null ? "" : ` (${noBrowser})`}`,
  { timeout: 180_000 },
  async () => {
    const served = await servePage(folder);
    const browser = await openBrowser();
    try {
      const context = await browser.newContext();
      const [first, step] = [await context.newPage(), /^Step (\d+) of 2000/];
      await first.goto(served.address);
      const status = async (page: typeof first) => (await page.textContent("#status")) ?? "";
      // Closed in the middle of a step, whichever that is, after a checkpoint.
      await expect
        .poll(async () => Number(step.exec(await status(first))?.[1] ?? 0), { timeout: 60_000 })
        .toBeGreaterThan(600);
      await first.close();

      const second = await context.newPage();
      await second.addInitScript(`new MutationObserver(() => {
        globalThis.firstStep ??= /^Step (\\d+)/.exec(document.getElementById("status")?.textContent ?? "")?.[1];
      }).observe(document, { subtree: true, childList: true, characterData: true });`);
      await second.goto(served.address);
      await expect.poll(() => status(second), { timeout: 120_000 }).toBe("Done after 2000 steps.");
      // From its last checkpoint, and not from the start.
      expect(Number(await second.evaluate("firstStep"))).toBeGreaterThan(100);
      const [download] = await Promise.all([second.waitForEvent("download"), second.click("#export")]);
      expect(download.suggestedFilename()).toBe("generator.onnx");
      const { signature } = decodeOnnx(await readFile(await download.path()));
      expect(Object.keys(signature.outputs)).toHaveLength(1);
      const shown = await second.evaluate("document.getElementById('picture').naturalWidth");
      expect(shown).toBeGreaterThan(0);
    } finally {
      await browser.close();
      await served.close();
    }
  },
);
