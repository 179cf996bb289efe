/** What the JavaScript peers share: finding their packages, and the line protocol of README.md. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const folder = resolve(process.env.ZAYA_BENCH_PEERS ?? join(here, "node_modules"));

/** Resolves packages from the peers' own folder (`ZAYA_BENCH_PEERS`, a node_modules folder). */
export const require = createRequire(join(folder, "..", "resolve-from-here.cjs"));

export const threads = Number(process.env.ZAYA_PEER_THREADS ?? cpus().length);

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function round(value) {
  return Math.round(value * 1e4) / 1e4;
}

function peakMb() {
  try {
    const kb = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"));
    return Number(kb[1]) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}

/**
 * @param {string} name
 * @param {Record<string, () => Promise<{version: string, threads: number, note?: string, step: () => Promise<void>, loss: () => Promise<number>}>>} workloads
 *   `step` resolves when its numbers are really computed; `loss` is the last step's.
 */
export async function serve(name, workloads) {
  const build = workloads[process.argv[2]];
  if (build === undefined) {
    process.stderr.write(`usage: ${basename(process.argv[1])} ${Object.keys(workloads).join("|")}\n`);
    process.exit(2);
  }
  let peer;
  try {
    peer = await build();
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND" && error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    say({ missing: "npm install --prefix bench/peers" });
    return;
  }
  await peer.step();
  const startMs = performance.now(); // counted from the start of the process
  await peer.step();
  say({
    ready: true,
    name,
    version: peer.version,
    startMs: round(startMs),
    threads: peer.threads,
    note: peer.note,
  });

  for await (const line of createInterface({ input: process.stdin })) {
    const order = line.trim();
    if (order === "quit") break;
    if (!/^\d+$/.test(order)) {
      process.stderr.write(`${basename(process.argv[1])}: a line is a number of steps or quit - got "${order}"\n`);
      process.exit(1);
    }
    const ms = [];
    for (let i = 0; i < Number(order); i++) {
      const begin = performance.now();
      await peer.step();
      ms.push(round(performance.now() - begin));
    }
    const loss = ms.length > 0 ? await peer.loss() : null;
    say({ ms, loss: Number.isFinite(loss) ? loss : null });
  }
  say({ peakMb: round(peakMb()) });
  process.exit(0);
}

/** Pairs of Box and Muller: standard normal numbers, drawn anew for each step. */
export function normals(count) {
  const out = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - Math.random()));
    const angle = 2 * Math.PI * Math.random();
    out[i] = radius * Math.cos(angle);
    if (i + 1 < count) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}

/** The VAE bench: 784-400-20-400-784, batch 128; each matrix with its fan-in, weights uniform in 1/sqrt(fan-in) as in PyTorch. */
export const batch = 128;
export const latent = 20;
export const shapes = {
  w1: [784, 400],
  b1: [400],
  w2: [400, 2 * latent],
  b2: [2 * latent],
  w3: [latent, 400],
  b3: [400],
  w4: [400, 784],
  b4: [784],
};

export function initial() {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const bound = 1 / Math.sqrt(shapes[`w${name[1]}`][0]);
      const size = shape.reduce((a, b) => a * b, 1);
      return [name, Float32Array.from({ length: size }, () => bound * (2 * Math.random() - 1))];
    }),
  );
}

export function pixels() {
  return Float32Array.from({ length: batch * 784 }, () => Number(Math.random() < 0.5));
}
