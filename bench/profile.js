// node bench/profile.js WORKLOAD [kernels|wasm] [--steps N] [--threads N] [--rows N]
// How long each pass and each call of ONNX Runtime of a step takes: the tenth percentile over many steps, which other work on the
// machine moves least. Passes are timed apart from each other, so that their sum is a little more than a step's time.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

import { createStepper } from "./stepper.js";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: "string", default: "100" },
    threads: { type: "string", default: String(availableParallelism()) },
    rows: { type: "string", default: "20" },
  },
});
const [name, device = "kernels"] = positionals;
const workload = await import(`./workloads/${name}.js`);
const steps = Number(flags.steps);

const apart = new Map();
const observe = (text) => {
  const start = performance.now();
  return () => {
    if (!apart.has(text)) apart.set(text, []);
    apart.get(text).push(performance.now() - start);
  };
};
const observed = await createStepper(workload, Number(flags.threads), device, observe);
// The first steps are slower: code is compiled again, and better, while it runs.
for (let i = 0; i < steps / 2; i++) await observed.run();
apart.clear();
for (let i = 0; i < steps; i++) await observed.run();
await observed.release();

const whole = await createStepper(workload, Number(flags.threads), device);
for (let i = 0; i < steps / 2; i++) await whole.run();
const times = [];
for (let i = 0; i < steps; i++) {
  const start = performance.now();
  await whole.run();
  times.push(performance.now() - start);
}
await whole.release();

// Equal passes of a step have one text and are counted together.
const rows = [...apart].map(([text, ms]) => ({ text, ms: tenth(ms) * (ms.length / steps) }));
const total = (some) => some.reduce((sum, { ms }) => sum + ms, 0);
const products = rows.filter(({ text }) => text.startsWith("ONNX Runtime"));
console.log(
  `${name} on ${device}: ${tenth(times).toFixed(2)} ms a step (median ${median(times).toFixed(2)}); apart ${total(rows).toFixed(2)} ms, of which ${total(products).toFixed(2)} in ONNX Runtime`,
);
for (const { text, ms } of rows.toSorted((a, b) => b.ms - a.ms).slice(0, Number(flags.rows))) {
  console.log(`${ms.toFixed(3).padStart(9)} ms  ${text.replaceAll(/\s+/g, " ")}`);
}
process.exit(0);

function tenth(list) {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 10)];
}

function median(list) {
  return list.toSorted((a, b) => a - b)[list.length >> 1];
}
