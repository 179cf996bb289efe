// npm run bench [-- NAME...] [--json] [--rounds N] [--engine cpu|kernels|wasm] [--save FILE]
// Runs each workload beside its peers in alternation, block by block in one session, and prints medians and ratios.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { createInterface } from "node:readline";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** Steps in one block, a second or so; the peers that can run the workload; and how closely results agree where they are exact. */
const workloads = {
  vae: { block: 60, peers: ["pytorch", "torch.compile", "tfjs", "jax"] },
  "train-vae": { block: 60, peers: ["pytorch"] },
  iwae: { block: 30, peers: ["pytorch"] },
  categorical: { block: 60, peers: ["pytorch"] },
  dcgan: { block: 5, peers: ["pytorch"] },
  "train-dcgan": { block: 15, peers: ["pytorch"] },
  gan2d: { block: 150, peers: ["pytorch"] },
  unrolled: { block: 15, peers: ["pytorch"] },
  "wgan-gp": { block: 4, peers: ["pytorch"] },
  veegan: { block: 100, peers: ["pytorch"] },
  cyclegan: { block: 4, peers: ["pytorch"] },
  "dcgan-dag": { block: 2, peers: ["pytorch"] },
  emd: { block: 3, peers: ["pot", "scipy"], agree: 1e-9 },
  "emd-weighted": { block: 3, peers: ["pot"], agree: 1e-9 },
};

/** Peers that are many times slower get fewer steps a block, so that a round stays short. */
const peerBlock = { pytorch: 1, "torch.compile": 1, tfjs: 1 / 20, jax: 1 / 20 };

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const python = process.env.ZAYA_BENCH_PYTHON ?? "python3";
const commands = {
  zaya: (name) => [process.execPath, [here("zaya.js"), name, flags.engine]],
  pytorch: (name) => [python, [here("peers/pytorch.py"), name]],
  "torch.compile": (name) => [python, [here("peers/pytorch.py"), name, "compile"]],
  tfjs: (name) => [process.execPath, [here("peers/tfjs.mjs"), name]],
  jax: (name) => [process.execPath, [here("peers/jax.mjs"), name]],
  pot: (name) => [python, [here("peers/transport.py"), "pot", name]],
  scipy: (name) => [python, [here("peers/transport.py"), "scipy", name]],
};

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "8" },
    engine: { type: "string", default: "kernels" },
    save: { type: "string" },
  },
});
const unknown = positionals.filter((name) => !(name in workloads));
if (unknown.length > 0) {
  console.error(`bench: no workload ${unknown.join(", ")}; there are ${Object.keys(workloads).join(", ")}`);
  process.exit(2);
}
const rounds = Number(flags.rounds);
const say = (text) => (flags.json ? console.error : console.log)(text);
const about = {
  date: new Date().toISOString().slice(0, 10),
  commit: execFileSync("git", ["describe", "--always", "--dirty"], { cwd: here("."), encoding: "utf8" }).trim(),
  machine: machine(),
  engine: flags.engine,
  rounds,
  load: loadavg(),
  peak: JSON.parse(execFileSync(process.execPath, [here("peak.js")], { encoding: "utf8" })).gflops,
};
const results = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(workloads)) {
  const result = await bench(name);
  results.push(result);
  // After each workload: a session that is cut short has the results before.
  if (flags.save !== undefined) save(flags.save);
  if (flags.json) console.log(JSON.stringify(result));
}

function save(file) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ ...about, results }, null, 2)}\n`);
}

async function bench(name) {
  const { block, peers, agree } = workloads[name];
  const sides = [];
  for (const side of ["zaya", ...peers]) {
    const [command, args] = commands[side](name);
    const started = await start(side, command, args);
    if (started.missing) say(`${name}: ${side} is not here (${started.missing})`);
    else sides.push({ ...started, block: Math.max(1, Math.round(block * (peerBlock[side] ?? 1))), medians: [] });
  }
  for (let round = 0; round < rounds; round++) {
    // Each round starts with another side, so that no side always runs on a machine warmed by the same neighbour.
    for (let i = 0; i < sides.length; i++) {
      const side = sides[(i + round) % sides.length];
      const { ms, loss } = await side.ask(String(side.block));
      side.medians.push(median(ms));
      side.loss = loss;
    }
    if (agree !== undefined) requireAgreement(name, sides, agree);
  }
  for (const side of sides) side.peakMb = (await side.ask("quit")).peakMb;
  return report(name, sides);
}

/** Who is faster says nothing where the answers differ. */
function requireAgreement(name, [zaya, ...peers], share) {
  for (const { side, loss } of peers) {
    if (Math.abs(loss - zaya.loss) <= share * Math.abs(zaya.loss)) continue;
    console.error(`${name}: all sides must find the same - got ${zaya.loss} from zaya and ${loss} from ${side}`);
    process.exit(1);
  }
}

function report(name, [zaya, ...peers]) {
  const peerResults = {};
  say(`\n${name} (${rounds} rounds, ms a step, median of the rounds' medians)`);
  say(row("zaya", zaya, ""));
  for (const peer of peers) {
    const ratio = median(peer.medians.map((ms, round) => ms / zaya.medians[round]));
    peerResults[peer.side] = {
      ...spanOf(peer),
      ratio,
      version: peer.version,
      peakMb: peer.peakMb,
      startMs: peer.startMs,
    };
    say(
      row(
        `${peer.side} ${peer.version}`,
        peer,
        `zaya is ${ratio.toFixed(2)}x as fast, memory ${(zaya.peakMb / peer.peakMb).toFixed(2)}x`,
      ),
    );
  }
  const { startMs, peakMb, flops } = zaya;
  const span = spanOf(zaya);
  const share = flops === undefined ? undefined : flops / span.ms / 1e6 / about.peak;
  if (share !== undefined) {
    say(
      `  products: ${(flops / 1e9).toFixed(2)} GFLOP, ${(100 * share).toFixed(0)} % of the machine's peak over the whole step`,
    );
  }
  return { bench: name, ...span, share, startMs, peakMb, peers: peerResults };
}

function spanOf({ medians }) {
  return { ms: median(medians), min: Math.min(...medians), max: Math.max(...medians) };
}

function row(label, { medians, startMs, peakMb }, note) {
  const ms = `${median(medians).toFixed(2)} (${Math.min(...medians).toFixed(2)} to ${Math.max(...medians).toFixed(2)})`;
  return `  ${label.padEnd(20)} ${ms.padEnd(28)} first step ${(startMs / 1000).toFixed(2)} s, peak ${peakMb.toFixed(0)} MB  ${note}`;
}

/** Starts a side and waits until it has made its first steps. */
function start(side, command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    const waiting = [];
    const ask = (line) =>
      new Promise((answer) => {
        waiting.push(answer);
        child.stdin.write(`${line}\n`);
      });
    waiting.push((first) => resolve({ side, ask, ...first }));
    child.on("error", () => resolve({ missing: `${command} could not be started` }));
    child.on("exit", () => resolve({ missing: `${command} ended` }));
    createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.(JSON.parse(line)));
  });
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function machine() {
  return `${cpus().length} x ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
}
