// npm run bench:labs -- speed|memory [LAB...] [--minutes N] [--site DIR] [--save FILE]
// The labs in headless Chromium, from a plain file server on one thread. `speed`: time and bytes until the first picture of a cold load,
// steps a second with pictures, and the longest task of the page's main thread while it trains. `memory`: trains for N minutes in a tab
// per lab, and writes what page and Worker hold after a garbage collection, every minute. A lab that ends begins again.
import { readFile, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";

import { openChromium, serveFolder } from "./chromium.js";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: "string", default: "30" },
    site: { type: "string", default: fileURLToPath(new URL("../dist/labs", import.meta.url)) },
    save: { type: "string" },
  },
});
const [kind, ...named] = positionals;

/** Labs with the settings under which their speed is stated. */
const settings = { "vae-workbench": "&a.batch=128" };

const { address, close } = await serveFolder(flags.site);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const open = () => openChromium("--disable-gpu");
const step = (page) => page.evaluate(() => Number(document.querySelector("[data-step]")?.getAttribute("data-step")));
const drawn = () => {
  const canvas = document.querySelector("canvas");
  return canvas !== null && canvas.width > 0 && document.querySelector("[data-step]") !== null;
};
const hasEnded = (page) =>
  page.evaluate(() => Number(document.querySelector("[data-ended]")?.getAttribute("data-ended") ?? 0) === 1);

const labs = named.length > 0 ? named : await listed();
const report = { date: new Date().toISOString().slice(0, 10), machine: `${cpus().length} x ${cpus()[0].model.trim()}` };
try {
  if (kind === "speed") report.labs = await speed();
  else if (kind === "memory") report.labs = await memory();
  else throw new Error(`bench:labs: speed or memory - got ${kind}`);
} finally {
  close();
}
if (flags.save !== undefined) await writeFile(flags.save, `${JSON.stringify(report, null, 2)}\n`);

/** The labs that the gallery links to. */
async function listed() {
  const browser = await open();
  const page = await browser.newPage();
  await page.goto(`${address}#/?lang=en`);
  await page.waitForSelector("h2 a");
  const links = await page.$$eval("h2 a", (all) => all.map((link) => link.getAttribute("href")));
  await browser.close();
  return links.map((link) => /#\/([\w-]+)/.exec(link)[1]);
}

async function speed() {
  const found = {};
  console.log(`${report.machine}, load ${loadavg()[0].toFixed(2)}`);
  for (const id of ["gallery", ...labs]) {
    // A browser of its own: nothing is in its cache.
    const browser = await open();
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const bodies = [];
    page.on("response", (response) => {
      const { pathname } = new URL(response.url());
      if (response.status() === 200) bodies.push(response.body().then((bytes) => [pathname, gzipSync(bytes).length]));
    });
    const began = performance.now();
    await page.goto(
      id === "gallery" ? `${address}#/?lang=en` : `${address}#/${id}?lang=en&seed=7${settings[id] ?? ""}`,
    );
    await page.waitForFunction(drawn, undefined, { polling: "raf", timeout: 120_000 });
    const firstPicture = performance.now() - began;
    await sleep(1500);
    const loaded = (await Promise.allSettled(bodies)).flatMap(({ value }) => (value === undefined ? [] : [value]));
    // A Worker's script is not among the responses of its page.
    const names = new Set(loaded.map(([path]) => path));
    for (const worker of page.workers()) {
      const { pathname } = new URL(worker.url());
      if (!names.has(pathname)) loaded.push([pathname, gzipSync(await readFile(join(flags.site, pathname))).length]);
    }
    const bytes = loaded.reduce((sum, [path, size]) => sum + (path.startsWith("/digits/") ? 0 : size), 0);
    const events = [];
    const client = await browser.newBrowserCDPSession();
    client.on("Tracing.dataCollected", ({ value }) => events.push(...value));
    await client.send("Tracing.start", {
      traceConfig: { includedCategories: ["toplevel", "__metadata"] },
      transferMode: "ReportEvents",
    });
    const [from, start] = [await step(page), performance.now()];
    if (id !== "gallery") await page.keyboard.press("p");
    await sleep(10_000);
    const rate = ((await step(page)) - from) / ((performance.now() - start) / 1000);
    const ended = new Promise((resolve) => client.once("Tracing.tracingComplete", resolve));
    await client.send("Tracing.end");
    await ended;
    const thread = ({ pid, tid }) => `${pid} ${tid}`;
    const main = new Set(
      events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(thread),
    );
    const tasks = events.filter((each) => each.ph === "X" && each.name.endsWith("RunTask") && main.has(thread(each)));
    const longest = Math.max(...tasks.map(({ dur = 0 }) => dur / 1000));
    const long = tasks.filter(({ dur = 0 }) => dur > 50_000).length;
    const cpu = Math.max(...tasks.map(({ tdur = 0 }) => tdur / 1000));
    found[id] = { firstPicture, kilobytes: bytes / 1000, stepsPerSecond: rate, longest, cpu, long };
    console.log(
      `${id.padEnd(16)} first picture ${(firstPicture / 1000).toFixed(2)} s, ${Math.round(bytes / 1000)} kB gzip, ${rate.toFixed(1)} steps/s, longest task ${longest.toFixed(1)} ms (CPU ${cpu.toFixed(1)} ms), ${long} of ${tasks.length} above 50 ms`,
    );
    await browser.close();
  }
  return found;
}

/** The newest Worker of a page, as something that commands can be sent to. */
async function workersOf(client) {
  let newest = "";
  let next = 1;
  const waiting = new Map();
  client.on("Target.attachedToTarget", ({ sessionId }) => (newest = sessionId));
  client.on("Target.receivedMessageFromTarget", ({ message }) => {
    const { id, result, error } = JSON.parse(message);
    const { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (error === undefined) resolve?.(result);
    else reject?.(new Error(error.message));
  });
  await client.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  return {
    send: (method, params = {}) =>
      new Promise((resolve, reject) => {
        const id = next++;
        waiting.set(id, { resolve, reject });
        const message = JSON.stringify({ id, method, params });
        client.send("Target.sendMessageToTarget", { sessionId: newest, message }).catch(reject);
      }),
  };
}

/** Bytes that a page or a Worker holds: those of JavaScript objects, of buffers, and of WebAssembly. */
async function held(client) {
  await client.send("HeapProfiler.collectGarbage");
  const { usedSize, backingStorageSize = 0 } = await client.send("Runtime.getHeapUsage");
  const { result } = await client.send("Runtime.evaluate", { expression: "WebAssembly.Memory.prototype" });
  const { objects } = await client.send("Runtime.queryObjects", { prototypeObjectId: result.objectId });
  const { result: wasm } = await client.send("Runtime.callFunctionOn", {
    objectId: objects.objectId,
    functionDeclaration: "function () { return this.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) }",
    returnByValue: true,
  });
  await client.send("Runtime.releaseObject", { objectId: objects.objectId });
  await client.send("Runtime.releaseObject", { objectId: result.objectId });
  return { js: usedSize, buffers: backingStorageSize, wasm: wasm.value };
}

async function memory() {
  const browser = await open();
  const tabs = [];
  for (const id of labs) {
    const page = await browser.newPage({ viewport: { width: 1000, height: 800 } });
    const client = await page.context().newCDPSession(page);
    const worker = await workersOf(client);
    await page.goto(`${address}#/${id}?lang=en&seed=7`, { timeout: 300_000 });
    await page.waitForFunction(drawn, undefined, { polling: 500, timeout: 0 });
    await page.keyboard.press("p");
    console.log(`${id} is open`);
    tabs.push({ id, page, client, worker, begun: 0, samples: [] });
  }
  // Time in which the machine slept, or the browser was stopped, does not count.
  let elapsed = 0;
  for (let minute = 0; minute <= Number(flags.minutes); minute++) {
    while (elapsed < 60_000 * minute) {
      const before = Date.now();
      await sleep(1000);
      elapsed += Math.min(2000, Date.now() - before);
    }
    const asked = Date.now();
    for (const tab of tabs) {
      const { id, page, client, worker, samples } = tab;
      const sample = {
        minute,
        step: await step(page),
        begun: tab.begun,
        page: await held(client),
        worker: await held(worker),
        workers: page.workers().length,
      };
      samples.push(sample);
      const megabytes = (of) =>
        of === null ? "-" : [of.js, of.buffers, of.wasm].map((n) => (n / 1e6).toFixed(1)).join(" + ");
      console.log(
        `${String(minute).padStart(2)} min ${id.padEnd(16)} step ${sample.step}, begun again ${tab.begun} times, page ${megabytes(sample.page)} MB, worker ${megabytes(sample.worker)} MB`,
      );
      if (await hasEnded(page)) {
        tab.begun++;
        await page.evaluate(() =>
          [...document.querySelectorAll("button")].find((button) => button.textContent === "Reset").click(),
        );
        await page.waitForFunction(
          () => document.querySelector("[data-step]")?.getAttribute("data-step") === "0",
          undefined,
          {
            timeout: 0,
          },
        );
        await page.waitForFunction(drawn, undefined, { polling: 500, timeout: 0 });
        await page.keyboard.press("p");
      }
    }
    elapsed += Math.min(30_000, Date.now() - asked);
    if (flags.save !== undefined)
      await writeFile(
        flags.save,
        `${JSON.stringify({ ...report, labs: Object.fromEntries(tabs.map(({ id, samples }) => [id, samples])) })}\n`,
      );
  }
  await browser.close();
  return Object.fromEntries(tabs.map(({ id, samples }) => [id, samples]));
}
