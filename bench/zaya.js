// zaya's side of a workload, under the same line protocol as its peers: node bench/zaya.js WORKLOAD [cpu|kernels|wasm]
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { availableParallelism } from "node:os";

const started = performance.timeOrigin;
const [name, device = "kernels"] = process.argv.slice(2);
const workload = await import(`./workloads/${name}.js`);
const { createStepper } = await import("./stepper.js");
const stepper = await (workload.createStepper?.(device) ?? createStepper(workload, availableParallelism(), device));
await stepper.run();
const firstStep = performance.timeOrigin + performance.now() - started;
await stepper.run();
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
say({ ready: true, name: "zaya", version, startMs: firstStep, flops: stepper.flops });

for await (const line of createInterface({ input: process.stdin })) {
  if (line === "quit") break;
  const ms = [];
  let loss = 0;
  for (let i = 0; i < Number(line); i++) {
    const before = performance.now();
    loss = await stepper.run();
    ms.push(performance.now() - before);
  }
  say({ ms, loss });
}
say({ peakMb: peakMemory() });
process.exit(0);

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function peakMemory() {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(/VmHWM:\s+(\d+)/.exec(status)[1]) / 1024;
}
