// npm run bench:browser [-- NAME...] [--rounds N] [--threads N] [--save FILE]
// Training steps in headless Chromium: zaya's wasm engine beside other libraries on the same model, batches and noise, each in a page of
// its own, block by block in turns. Losses of the first steps must agree.
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { build } from "vite";

import { openChromium, serveFolder } from "./chromium.js";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "4" },
    threads: { type: "string", default: String(availableParallelism()) },
    save: { type: "string" },
  },
});

/** Steps of zaya in one block, about a second. Others make as many as take about as long. */
const blocks = { vae: 100, gan2d: 400, dcgan: 2 };
const sides = ["zaya", "onnxruntime-web", "tfjs-wasm", "tfjs-webgl", "jax-js"];
const check = 3;
const tolerance = 2e-3;

const here = fileURLToPath(new URL(".", import.meta.url));
const peers = resolve(process.env.ZAYA_BENCH_PEERS ?? join(here, "peers", "node_modules"));
if (!existsSync(join(peers, "@jax-js", "jax"))) {
  console.error("bench:browser: the peers are not here; npm install --prefix bench/peers, or set ZAYA_BENCH_PEERS");
  process.exit(2);
}
const outDir = await mkdtemp(join(tmpdir(), "zaya-bench-"));
await build({
  root: join(here, "browser"),
  configFile: false,
  logLevel: "error",
  resolve: {
    alias: [
      { find: /^@jax-js\/jax\/package.json$/, replacement: join(peers, "@jax-js/jax/package.json") },
      { find: /^@jax-js\/jax$/, replacement: join(peers, "@jax-js/jax/dist/index.js") },
      { find: /^@tensorflow\/tfjs$/, replacement: join(peers, "@tensorflow/tfjs") },
      { find: /^@tensorflow\/tfjs-backend-wasm/, replacement: join(peers, "@tensorflow/tfjs-backend-wasm") },
    ],
  },
  // TensorFlow.js starts its threads from the text of a function, which does not survive a minifier.
  build: {
    outDir,
    emptyOutDir: true,
    target: "es2022",
    minify: false,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  worker: { format: "es" },
});
const { address, close } = await serveFolder(outDir, {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
});
const results = {
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus().length} x ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
  load: loadavg()[0],
  rounds: Number(flags.rounds),
  threads: Number(flags.threads),
  workloads: {},
};
try {
  for (const name of positionals.length > 0 ? positionals : Object.keys(blocks)) await bench(name);
} finally {
  close();
  await rm(outDir, { recursive: true });
}
if (flags.save !== undefined) await writeFile(flags.save, `${JSON.stringify(results, null, 2)}\n`);

async function bench(workload) {
  const browser = await openChromium("--enable-unsafe-swiftshader", "--use-angle=swiftshader");
  results.browser = `Chromium ${browser.version()}`;
  const open = [];
  const report = (results.workloads[workload] = {});
  for (const name of sides) {
    const page = await (await browser.newContext()).newPage();
    await page.goto(address);
    await page.waitForFunction("globalThis.ready");
    const ask = (message) => page.evaluate(`ask(${JSON.stringify(message)})`);
    const begin = { type: "begin", name, workload, threads: results.threads, check };
    const begun = await within(60_000, ask(begin));
    if (begun.error === undefined) open.push({ name, ask, medians: [], ...begun });
    else report[name] = { missing: begun.error };
    if (begun.error !== undefined) await page.close();
  }
  if (open[0]?.name !== "zaya") throw new Error(`${workload}: zaya failed - got ${report.zaya.missing}`);
  requireAgreement(workload, open);
  for (const side of open) {
    const { ms } = await side.ask({ type: "block", steps: 1 });
    side.steps = Math.max(1, Math.min(blocks[workload], Math.round(1500 / ms[0])));
  }
  for (let round = 0; round < results.rounds; round++) {
    for (let i = 0; i < open.length; i++) {
      const side = open[(i + round) % open.length];
      side.medians.push(median((await side.ask({ type: "block", steps: side.steps })).ms));
    }
  }
  await browser.close();
  const [zaya] = open;
  console.log(`\n${workload} (${results.rounds} rounds, ms a step: median, fastest and slowest round)`);
  for (const { name, version, note, medians, startMs, losses } of open) {
    const ratio = median(medians.map((ms, round) => ms / zaya.medians[round]));
    const [ms, min, max] = [median(medians), Math.min(...medians), Math.max(...medians)].map(rounded);
    report[name] = { version, note, ms, min, max, ratio: rounded(ratio), startMs: Math.round(startMs), losses };
    console.log(
      `  ${`${name} ${version} (${note})`.padEnd(44)} ${ms} (${min} to ${max})  zaya is ${ratio.toFixed(2)}x as fast`,
    );
  }
  for (const [name, { missing }] of Object.entries(report)) if (missing) console.log(`  ${name}: ${missing}`);
}

function requireAgreement(workload, [zaya, ...others]) {
  for (const { name, losses } of others) {
    losses.forEach((loss, i) => {
      if (Math.abs(loss - zaya.losses[i]) <= tolerance * Math.abs(zaya.losses[i])) return;
      throw new Error(
        `${workload}: losses must agree at step ${i + 1} - got ${zaya.losses[i]} from zaya and ${loss} from ${name}`,
      );
    });
  }
}

function within(limit, promise) {
  let timer;
  const late = new Promise(
    (answer) => (timer = setTimeout(() => answer({ error: `not ready in ${limit / 1000} s` }), limit)),
  );
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function rounded(value) {
  return Number(value.toPrecision(3));
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
