import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { labs } from "../../studio/src/labs/index.ts";
import { controlsOf, languages } from "../../studio/src/labs/lab.ts";
import { noBrowser } from "../browser.ts";
import { type LabsSite, openLabs } from "./page.ts";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/** CPU time of each task of a page's main thread meanwhile, in milliseconds: unlike elapsed time, no matter how busy the machine is. */
async function mainThreadTasks(page: Page, meanwhile: () => Promise<void>): Promise<number[]> {
  const session = await page.context().browser()!.newBrowserCDPSession();
  const events: TraceEvent[] = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const ended = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.start", {
    traceConfig: { includedCategories: ["toplevel", "__metadata"] },
    transferMode: "ReportEvents",
  });
  await meanwhile();
  await session.send("Tracing.end");
  await ended;
  await session.detach();
  const threadOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
  const main = new Set(
    events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(threadOf),
  );
  return events
    .filter((event) => event.ph === "X" && event.name.endsWith("RunTask") && main.has(threadOf(event)))
    .map(({ tdur = 0 }) => tdur / 1000);
}

describe("what labs declare", () => {
  it.each(labs.map((lab) => [lab.id, lab] as const))("has every text in both languages: %s", (_id, lab) => {
    const texts: unknown[] = [];
    const collect = (value: unknown): void => {
      if (value === null || typeof value !== "object") return;
      if ("en" in value || "fa" in value) texts.push(value);
      else for (const each of Object.values(value)) collect(each);
    };
    const { controls: _, ...declared } = lab;
    collect([declared, controlsOf(lab)]);
    expect(texts.length).toBeGreaterThan(20);
    for (const text of texts) {
      for (const language of languages)
        expect(text, JSON.stringify(text)).toHaveProperty(language, expect.stringMatching(/\S/));
    }
    expect(lab.lesson).toHaveLength(5);
  });

  it.each(labs.map((lab) => [lab.id, lab] as const))(
    "has unique names for everything that a teacher's link locks or hides: %s",
    (_id, lab) => {
      const shell = [
        "seed",
        "b",
        "numbers",
        "charts",
        "translators",
        "lesson",
        "question",
        "challenge",
        "formula",
        "code",
      ];
      const names = [...shell, ...controlsOf(lab).map(({ name }) => name), ...lab.pictures.map(({ id }) => id)];
      expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    },
  );
});

describe.skipIf(noBrowser !== null)(`the labs in a browser${noBrowser === null ? "" : ` (${noBrowser})`}`, () => {
  let site: LabsSite;

  beforeAll(async () => {
    site = await openLabs();
  });

  afterAll(() => site?.close());

  const step = () => site.page.locator("[data-step]").first().getAttribute("data-step");
  const timed = labs.flatMap((lab) => lab.meters.filter(({ isTime }) => isTime).map(({ id }) => id));
  const meters = async () => (await allMeters()).filter(([name]) => !timed.includes(name));
  const allMeters = () =>
    site.page
      .locator("[data-meter]")
      .evaluateAll((cells) =>
        cells.map((cell) => [cell.getAttribute("data-meter"), cell.getAttribute("data-value")]),
      ) as Promise<[string, string][]>;
  const press = (name: string | RegExp) => site.page.getByRole("button", { name, exact: true }).first().click();

  /** A page fits the width of a phone and of a projector, and axe finds nothing serious in it: the colours, which take longest, only where they are asked for. */
  const isWhole = async ({ colours }: { readonly colours: boolean }) => {
    const { page } = site;
    for (const width of [320, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      await expect.poll(() => page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    }
    await page.evaluate(axe);
    const { violations } = await page.evaluate<{
      violations: { id: string; impact: string; nodes: { html: string }[] }[];
    }>(`axe.run({ resultTypes: ["violations"], rules: { "color-contrast": { enabled: ${colours} } } })`);
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    expect(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  };
  const isAt = (count: string) => expect.poll(step, { timeout: 60_000 }).toBe(count);

  // One load of the page for each lab: that takes longer than what is asked of it.
  it.each(labs.map((lab) => [lab.id, lab] as const))(
    "opens, steps, restarts with the same numbers, is restored from its URL, and is complete and accessible: %s",
    { timeout: 120_000 },
    async (id) => {
      const { page } = site;
      await site.go(`#/${id}?lang=en&seed=3`);
      await page.locator("canvas").first().waitFor({ timeout: 60_000 });
      const drawn = () =>
        page.evaluate<string[]>("[...document.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL())");
      const before = (await drawn()).length;
      await press("Step");
      await isAt("1");
      // Some picture is another after another step.
      const after = await drawn();
      expect(after.length).toBeGreaterThanOrEqual(before);
      await press("Step");
      await isAt("2");
      await expect
        .poll(async () => (await drawn()).slice(0, after.length).some((each, i) => each !== after[i]))
        .toBe(true);
      const first = await meters();
      expect(first.length).toBeGreaterThan(1);
      expect(first.every(([, value]) => value !== "NaN")).toBe(true);
      await isWhole({ colours: false });
      await press("Reset");
      await isAt("0");
      await press("Step");
      await press("Step");
      await isAt("2");
      expect(await meters()).toEqual(first);
      // In the other language, from the address, beside other settings.
      await page.evaluate(`location.hash = "#/${id}?lang=fa&seed=3&b="`);
      await isAt("0");
      expect(await page.evaluate("document.documentElement.dir")).toBe("rtl");
      await press("یک گام");
      await press("یک گام");
      await isAt("2");
      expect((await meters()).slice(0, first.length)).toEqual(first);
      await isWhole({ colours: true });
    },
  );

  it.each(["#/?lang=en", "#/course?lang=fa"])("is complete and accessible: %s", async (hash) => {
    await site.go(hash);
    await site.page
      .locator(hash.includes("course") ? "h2" : "canvas")
      .first()
      .waitFor({ timeout: 60_000 });
    await isWhole({ colours: true });
  });

  it("keeps the user's settings in the URL", async () => {
    const { page } = site;
    await site.go("#/divergences?lang=en");
    await page.locator("canvas").first().waitFor();
    await page.getByLabel("standard deviation of P").fill("2");
    await page.getByLabel("Q descends along").selectOption("w1");
    await press("Compare A and B");
    await expect.poll(() => page.url()).toContain("a.spreadP=2");
    const address = new URL(page.url()).hash;
    await site.go(address);
    expect(await page.getByLabel("standard deviation of P").first().inputValue()).toBe("2");
    expect(await page.getByLabel("Q descends along").first().inputValue()).toBe("w1");
    await expect.poll(() => page.locator("[data-step]").count()).toBe(2);
    // What is not a value of a control is not taken.
    await site.go("#/divergences?lang=en&a.spreadP=-1&a.follow=nothing&seed=-4");
    expect(await page.getByLabel("standard deviation of P").inputValue()).toBe("1");
    expect(await page.getByLabel("Q descends along").inputValue()).toBe("js");
  });

  it.each(languages)(
    "shows colour scales that increase with their gradient, from left to right: %s",
    async (language) => {
      const { page } = site;
      await site.go(`#/gan-arena?lang=${language}`);
      const scale = page.locator(".scale bdi");
      await scale.first().waitFor({ timeout: 30_000 });
      const [low, high] = [await scale.nth(0).boundingBox(), await scale.nth(1).boundingBox()];
      expect(await scale.nth(0).textContent()).toMatch(/[−-]/);
      expect(low!.x).toBeLessThan(high!.x);
    },
  );

  it("locks and hides what a teacher's link says", async () => {
    const { page } = site;
    await site.go("#/divergences?lang=en&lock=spreadP&hide=rate,lesson,overGap");
    await page.locator("canvas").first().waitFor();
    expect(await page.getByLabel("standard deviation of P").isDisabled()).toBe(true);
    expect(await page.getByLabel("standard deviation of Q").isDisabled()).toBe(false);
    expect(await page.getByLabel("step size").count()).toBe(0);
    expect(await page.getByRole("heading", { name: "Lesson" }).count()).toBe(0);
    expect(await page.getByRole("heading", { name: "Divergences as Q moves" }).count()).toBe(0);
    expect(await page.getByText("For teachers").count()).toBe(0);
    // Dragging a picture moves no more than a control does.
    const densities = page.locator("canvas").first();
    const box = (await densities.boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 4, box.y + box.height / 2);
    await page.mouse.up();
    await expect.poll(() => page.url()).toMatch(/a\.gap=-\d/);
  });

  it("goes back to earlier steps, and saves a film", { timeout: 60_000 }, async () => {
    const { page } = site;
    await site.go("#/earth-mover?lang=en&a.arrangement=drawn");
    await page.locator("canvas").first().waitFor();
    await expect.poll(meters).not.toEqual([]);
    const before = await meters();
    for (const count of ["1", "2", "3"]) {
      await press("Step");
      await expect.poll(step).toBe(count);
    }
    expect(await meters()).not.toEqual(before);
    const time = page.getByLabel("Look back");
    await time.focus();
    await page.keyboard.press("Home");
    await expect.poll(step).toBe("0");
    expect(await meters()).toEqual(before);
    await page.keyboard.press("End");
    await expect.poll(step).toBe("3");
    const saved = page.waitForEvent("download");
    await press("Film, 5 s");
    const film = await readFile((await (await saved).path())!);
    // EBML, which WebM files begin with.
    expect(film.subarray(0, 4).toString("hex")).toBe("1a45dfa3");
    expect(film.length).toBeGreaterThan(10_000);
    // Keys add a point where the cursor is.
    const plane = page.getByRole("application");
    await expect.poll(() => plane.getAttribute("aria-label")).toContain("source: 3 ");
    await plane.focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    await expect.poll(() => plane.getAttribute("aria-label")).toContain("source: 4 ");
    expect(await step()).toBe("0");
  });

  it("opens on a lab that trains, and can be used by keyboard alone", async () => {
    const { page } = site;
    await site.go("#/?lang=en");
    await page.locator("canvas").first().waitFor({ timeout: 20_000 });
    await site.go("#/divergences?lang=en");
    await page.locator("canvas").first().waitFor();
    const reach = async (name: RegExp) => {
      for (let i = 0; i < 40; i++) {
        await page.keyboard.press("Tab");
        if (name.test(await page.evaluate<string>("document.activeElement.textContent"))) return;
      }
      throw new Error(`no key leads to ${name}`);
    };
    await reach(/^Step$/);
    await page.keyboard.press("Enter");
    await expect.poll(step).toBe("1");
    await page.keyboard.press("]");
    await expect.poll(step).toBe("2");
    await page.getByLabel("mean of Q (P is at 0)").focus();
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => page.url()).toContain("a.gap=5.9");
  });

  it("keeps the page responsive while it trains: no task takes 50 ms of the main thread's time", async () => {
    const { page } = site;
    await site.go("#/gan-arena?lang=en");
    await page.locator("canvas").first().waitFor();
    // Formulas, with styles and fonts of their own, are loaded at the beginning.
    await page.locator(".katex").first().waitFor();
    await page.evaluate("document.fonts.ready");
    const tasks = await mainThreadTasks(page, async () => {
      await page.keyboard.press("p");
      await page.waitForTimeout(2000);
    });
    await page.keyboard.press("p");
    expect(Number(await step())).toBeGreaterThan(10);
    // What stands still is shown with its own numbers, not with those of the last measurement on the way.
    const chart = page.locator("figure", { has: page.getByRole("heading", { name: "Modes covered" }) });
    await chart.locator("summary").click();
    const measured = async () =>
      (await chart.locator("tbody td:first-child").last().textContent())?.replaceAll(",", "");
    await expect.poll(async () => (await measured()) === (await step()), { timeout: 10_000 }).toBe(true);
    expect(tasks.length).toBeGreaterThan(100);
    expect(Math.max(...tasks)).toBeLessThan(50);
  });

  it("violates no rule of its content security policy, and throws no error", () => {
    expect(site.faults).toEqual([]);
  });
});
