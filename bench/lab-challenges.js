// npm run bench:challenges [-- LAB...] [--seeds 1,2,3,4,5] [--save FILE]
// Whether the challenges of the labs can be met: each lab runs in Node on the `wasm` engine, as in the browser, from its initial settings and from
// settings within reach of its controls. Writes the step at which the challenge was met, by seed.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";

import { rolldown } from "rolldown";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: "string", default: "1,2,3,4,5" },
    settings: { type: "string" },
    steps: { type: "string" },
    save: { type: "string" },
  },
});

/** Settings that are tried by lab, in addition to the initial ones, and the steps within which. */
const tried = {
  "vae-workbench": { steps: 1000, settings: [{ rate: 30 }, { rate: 50 }] },
  disentanglement: { steps: 1000, settings: [{ beta: 16 }] },
  "collapse-clinic": { steps: 2000, settings: [{ remedy: "wgan-gp" }] },
  "vae-or-gan": { steps: 1000, settings: [{ latent: 32, width: 256, rate: 50 }] },
  translation: { steps: 300, settings: [{ rate: 30 }] },
};

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = await mkdtemp(join(root, "node_modules", ".challenges-"));
try {
  const bundle = await rolldown({
    input: { labs: join(root, "studio/src/labs/index.ts"), web: join(root, "src/runtime/index.ts") },
    platform: "node",
    logLevel: "silent",
  });
  await bundle.write({ dir: folder, format: "esm" });
  const { labs } = await import(join(folder, "labs.js"));
  const { wasmEngine } = await import(join(folder, "web.js"));
  const report = {};
  for (const id of positionals.length > 0 ? positionals : Object.keys(tried)) {
    const lab = labs.find((each) => each.id === id);
    const { steps, settings } = tried[id];
    const limit = Number(flags.steps ?? steps);
    const each = flags.settings === undefined ? [{}, ...settings] : JSON.parse(flags.settings);
    for (const chosen of each) {
      const results = [];
      for (const seed of flags.seeds.split(",").map(Number)) {
        const began = performance.now();
        const experiment = await lab.open(lab.controls.parse(chosen), {
          seed,
          engine: wasmEngine(),
          read: async (file) => new Uint8Array(gunzipSync(await readFile(join(root, "dist/labs", file)))),
        });
        const meters = {};
        let met = null;
        const last = Math.min(limit, experiment.length ?? Infinity);
        while (met === null && experiment.step < last) {
          Object.assign(meters, await experiment.advance());
          if (experiment.step % lab.measureEvery !== 0 && experiment.step !== last) continue;
          Object.assign(meters, await experiment.measure());
          if (lab.challenge.isMet(meters, experiment.step)) met = experiment.step;
        }
        await experiment.release();
        results.push({ seed, met, meters });
        console.log(
          `${id} ${JSON.stringify(chosen)} seed ${seed}: ${met === null ? `not met in ${last} steps` : `met at step ${met}`} (${((performance.now() - began) / 1000).toFixed(0)} s) ${JSON.stringify(meters)}`,
        );
      }
      (report[id] ??= []).push({ settings: chosen, results });
      const count = results.filter(({ met }) => met !== null).length;
      console.log(`${id} ${JSON.stringify(chosen)}: ${count} of ${results.length}`);
    }
  }
  if (flags.save !== undefined) await writeFile(flags.save, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
