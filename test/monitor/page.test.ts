import { appendFile, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type Monitor, serveMonitor } from "../../src/monitor/serve.ts";
import { noBrowser, openBrowser } from "../browser.ts";
import { metric, newFolder, writeRun } from "./run.ts";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

describe.skipIf(noBrowser !== null)(`the studio in a browser${noBrowser === null ? "" : ` (${noBrowser})`}`, () => {
  let root: string;
  let monitor: Monitor;
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    root = await newFolder();
    await writeRun(join(root, "first"), { seed: 1, points: 300 });
    await writeRun(join(root, "second"), { seed: 2, points: 5000 });
    monitor = await serveMonitor(root);
    browser = await openBrowser();
    page = await browser.newPage();
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    await page.goto(monitor.address);
  });

  afterAll(async () => {
    await browser.close();
    await monitor.close();
  });

  const go = async (hash: string, until: string) => {
    await page.goto(new URL(hash, monitor.address).href);
    await page.getByText(until, { exact: true }).first().waitFor();
  };

  it("shows the runs with what differs between them, filtered and sorted", async () => {
    await go("#/", "first");
    const heads = await page.locator("thead th").allInnerTexts();
    expect(heads).toContain("seed");
    expect(heads).not.toContain("latent");
    await page.getByLabel("Filter").fill("seed=2");
    await expect.poll(() => page.locator("tbody tr").count()).toBe(1);
    await page.getByLabel("Filter").fill("");
    await page.getByRole("button", { name: "seed" }).click();
    await expect.poll(() => page.locator("tbody th").allInnerTexts()).toEqual(["second", "first"]);
    await page.getByRole("button", { name: "seed" }).click();
    await expect.poll(() => page.locator("tbody th").allInnerTexts()).toEqual(["first", "second"]);
  });

  it("follows a run while its metrics grow", async () => {
    await go("#/run/first", "vae/loss");
    const chart = page.locator("figure", { hasText: "vae/loss" });
    await expect.poll(() => chart.innerText()).toContain("at step 300");
    await appendFile(join(root, "first", "metrics.jsonl"), metric(301, "vae/loss", 0.125));
    await expect.poll(() => chart.innerText(), { timeout: 5000 }).toMatch(/train 0\.125 at step 301/);
    await expect.poll(() => page.getByText("posterior collapse").count()).toBe(1);
  });

  it("puts runs side by side", async () => {
    await go("#/", "first");
    await page.getByLabel("compare first").check();
    await page.getByLabel("compare second").check();
    await page.getByRole("link", { name: "Compare 2 runs" }).click();
    await page.getByText("second (train)").waitFor();
    expect(await page.locator("section.card").count()).toBe(2);
  });

  it.each(["#/", "#/run/second", "#/compare/first,second", "#/train"])(
    "is whole from a phone to a projector, and without serious faults of accessibility: %s",
    async (hash) => {
      await page.goto(new URL(hash, monitor.address).href);
      for (const width of [320, 1920]) {
        await page.setViewportSize({ width, height: 900 });
        await expect
          .poll(() => page.evaluate<number>("document.documentElement.scrollWidth"))
          .toBeLessThanOrEqual(width);
      }
      await page.evaluate(axe);
      const { violations } = await page.evaluate<{ violations: { id: string; impact: string }[] }>("axe.run()");
      expect(violations.filter(({ impact }) => impact === "serious" || impact === "critical")).toEqual([]);
    },
  );

  it("breaks no rule of its content security policy, and throws nothing", () => {
    expect(faults).toEqual([]);
  });
});
