import { appendFile, cp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type Monitor, serveMonitor } from "../../src/monitor/serve.ts";
import { noBrowser, openBrowser } from "../browser.ts";
import { metric, newFolder, writeRun } from "./run.ts";
import { writeSweep } from "./sweep.ts";

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
    await writeSweep(join(root, "sweeps", "tiny"));
    monitor = await serveMonitor(root);
    browser = await openBrowser();
    page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(10_000);
    page.on("pageerror", (error) => faults.push(error.message));
    // A run that is not there, a value that is refused and a server that ends are among what is tried.
    page.on("console", (message) => {
      if (message.type() === "error" && !/status of (404|422)|net::ERR_/.test(message.text()))
        faults.push(message.text());
    });
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

  it("updates a run while its metrics are written", async () => {
    await go("#/run/first", "vae/loss");
    const chart = page.locator("figure", { hasText: "vae/loss" });
    await expect.poll(() => chart.innerText()).toContain("at step 300");
    await appendFile(join(root, "first", "metrics.jsonl"), metric(301, "vae/loss", 0.125));
    await expect.poll(() => chart.innerText(), { timeout: 5000 }).toMatch(/train 0\.125 at step 301/);
    await expect.poll(() => page.getByText("posterior collapse").count()).toBe(1);
  });

  /** Pixels of a chart in which there is more blue than red, as in its line. */
  const inkOf = (title: string) =>
    page.evaluate<number>(`(() => {
      const figure = [...document.querySelectorAll("figure")].find((each) => each.textContent.includes("${title}"));
      const canvas = figure.querySelector("canvas");
      if (canvas === null) return 0;
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let ink = 0;
      for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200 && data[i + 2] - data[i] > 80) ink++;
      return ink;
    })()`);

  it("draws curves, which are read and zoomed by keys and stay zoomed while new values come", async () => {
    await go("#/run/second", "vae/loss");
    const chart = page.locator("figure", { hasText: "vae/loss" });
    await chart.scrollIntoViewIfNeeded();
    await expect.poll(() => inkOf("vae/loss")).toBeGreaterThan(200);
    await chart.getByRole("img").focus();
    await page.keyboard.press("Home");
    await expect.poll(() => chart.innerText()).toContain("at step 5");
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => chart.innerText()).toContain("at step 10");
    await page.keyboard.press("Home");
    for (let i = 0; i < 7; i++) await page.keyboard.press("+");
    const zoomed = await inkOf("vae/loss");
    await appendFile(join(root, "second", "metrics.jsonl"), metric(9000, "vae/loss", 0.125));
    await page.keyboard.press("Escape");
    await expect.poll(() => chart.innerText(), { timeout: 5000 }).toContain("0.125 at step 9000");
    expect(Math.abs((await inkOf("vae/loss")) / zoomed - 1)).toBeLessThan(0.2);
    await page.locator("label", { hasText: "over" }).getByRole("combobox").selectOption("seconds");
    await expect.poll(() => chart.innerText()).toContain("0.125 at 900 s");
  });

  it("steps through the samples by keys, and marks the place in the charts", async () => {
    await writeFile(
      join(root, "first", "samples", "000100.png"),
      await readFile(join(root, "first", "samples", "000002.png")),
    );
    await go("#/run/first", "samples at step 100");
    await page.keyboard.press("[");
    await page.getByText("samples at step 2", { exact: true }).waitFor();
    await page.keyboard.press("]");
    await page.getByText("samples at step 100", { exact: true }).waitFor();
  });

  it("continues a run after a restart of the server, at its new address", async () => {
    await go("#/run/first", "vae/loss");
    const chart = page.locator("figure", { hasText: "vae/loss" });
    await expect.poll(() => chart.innerText()).toMatch(/at step 30[01]/);
    await monitor.close();
    await appendFile(join(root, "first", "metrics.jsonl"), metric(302, "vae/loss", 0.25));
    monitor = await serveMonitor(root);
    const opened = await page.context().newPage();
    await opened.goto(monitor.address);
    await opened.close();
    await expect.poll(() => chart.innerText(), { timeout: 10_000 }).toMatch(/train 0\.25 at step 302/);
  });

  it("shows runs that appear and disappear", async () => {
    await go("#/", "first");
    await writeRun(join(root, "third"), { seed: 3 });
    await page.getByRole("link", { name: "third" }).waitFor({ timeout: 8000 });
    await go("#/run/third", "vae/loss");
    await rm(join(root, "third"), { recursive: true });
    await page.getByText("Its folder is no longer there").waitFor({ timeout: 8000 });
    await writeRun(join(root, "third"), { seed: 3 });
    await page.getByText("Its folder is no longer there").waitFor({ state: "detached", timeout: 8000 });
    await rm(join(root, "third"), { recursive: true });
    await go("#/run/third", "no such run. This page goes on when it is there.");
  });

  it("prefills the form with a run's settings and a warning's suggestion, and shows an error at its field", async () => {
    await go("#/run/second", "vae/loss");
    await page.getByRole("link", { name: "Train with this change" }).click();
    const latent = page.getByLabel("latent dimensions of the latent code z");
    await latent.waitFor();
    expect(await latent.inputValue()).toBe("4");
    expect(await page.getByLabel("hidden", { exact: false }).first().getAttribute("placeholder")).toBe("8,4");
    expect(await page.locator("code").last().innerText()).toBe(
      `npx zaya train vae --config ${await realpath(root)}/second/config.json --latent 4`,
    );
    await latent.fill("many");
    await page.getByRole("button", { name: "Start" }).click();
    const refusal = page.locator("#refusal-latent");
    await refusal.waitFor({ timeout: 20_000 });
    expect(await refusal.innerText()).toContain("--latent must be a whole number - got many");
    expect(await page.evaluate("document.activeElement.getAttribute('aria-describedby')")).toBe("refusal-latent");
  });

  it("draws only visible runs of many", async () => {
    const many = await newFolder();
    await writeRun(join(many, "run-0"), { seed: 0 });
    for (let i = 1; i < 400; i++) await cp(join(many, "run-0"), join(many, `run-${i}`), { recursive: true });
    const other = await serveMonitor(many, { readOnly: true });
    await page.goto(other.address);
    await page.getByText("400", { exact: true }).waitFor();
    expect(await page.locator("tbody tr").count()).toBeLessThan(100);
    await page.getByRole("button", { name: "run", exact: true }).click();
    await page.getByRole("region", { name: "Runs" }).focus();
    await page.keyboard.press("End");
    await page.getByRole("link", { name: "run-399", exact: true }).waitFor();
    expect(await page.locator("tbody tr").count()).toBeLessThan(100);
    await page.getByText("This studio was opened with --read-only").waitFor();
    expect(await page.getByRole("link", { name: "Train" }).count()).toBe(0);
    await other.close();
    await page.goto(monitor.address);
  });

  it("compares runs side by side", async () => {
    await go("#/", "first");
    await page.getByLabel("compare first").check();
    await page.getByLabel("compare second").check();
    await page.getByRole("link", { name: "Compare 2 runs" }).click();
    await page.getByText("second (train)").waitFor();
    expect(await page.locator("section.card").count()).toBe(2);
    await page.getByLabel("samples after").fill("0.01");
    await expect.poll(() => page.locator("output").first().innerText()).toMatch(/^\d+ steps$/);
  });

  it("shows a sweep: its table, trials, parallel coordinates, importance and missing values", async () => {
    await go("#/sweeps", "tiny");
    await page.getByRole("link", { name: "tiny" }).click();
    await page.getByText("11 of 12 trials", { exact: false }).waitFor();
    const first = page.locator("tbody tr").first();
    expect(await first.innerText()).toMatch(/0\*\s+1\s+8\s+18\.5 ± 0\.5\s+2\s+20\s+done\s+18\s+19/);
    expect(await first.getByRole("link").first().getAttribute("href")).toBe("#/run/trials%2F0000000000000000");
    await expect.poll(() => page.locator("svg g").count()).toBe(6);
    expect(await page.locator("svg g.emphasised").count()).toBe(1);
    const importance = page.locator("ul.importance li");
    expect((await importance.allInnerTexts())[0]).toContain("latent");
    await page.getByText("diverged: a loss was infinite", { exact: false }).waitFor();
  });

  it.each(["#/", "#/run/second", "#/compare/first,second", "#/train", "#/sweeps", "#/sweep/sweeps%2Ftiny"])(
    "fits screens from a phone to a projector, without serious accessibility violations: %s",
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

  it("violates no rule of its content security policy, and throws no error", () => {
    expect(faults).toEqual([]);
  });
});
