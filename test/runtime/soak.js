// Memory of an engine over many steps, and over many programs that are compiled, run once and released. By hand, on any Node:
// `node --expose-gc test/runtime/soak.js wasm 2 steps 100000`, or `programs 1000`.
import { input, key, normal } from "zaya";
import { grad } from "zaya/autodiff";
import { nodeEngine } from "zaya/node";
import { matmul, mean, mul, square, sub, tanh } from "zaya/ops";

const [device, threads, what, count] = process.argv.slice(2);
const rounds = Number(count);
const engine = await nodeEngine({ device, threads: Number(threads) });

// A small training step with everything that the runtime keeps: state, feeds of every step, several outputs. Large enough for threads.
const [x, w] = [input("x", [64, 64]), input("w", [64, 64])];
const out = tanh(matmul(x, w));
const loss = mean(square(out));
const program = { outputs: { loss, out }, updates: { w: sub(w, mul(grad(loss, [w])[0], 0.01)) } };
const batch = normal(key(1), [64, 64]);
const weights = () => engine.createState({ w: normal(key(2), [64, 64]) });

async function step() {
  const compiled = await engine.compile(program);
  const state = weights();
  return { run: () => compiled.run({ x: batch }, state), end: () => (state.dispose(), compiled.release()) };
}

const kept = [];
const one = what === "steps" ? await step() : null;
const points = [];
for (let round = 1; round <= rounds; round++) {
  if (one !== null) await one.run();
  else {
    const own = await step();
    await own.run();
    // What a leak looks like: for the test's own test.
    if (what === "kept") kept.push(own);
    else await own.end();
  }
  if (round % Math.ceil(rounds / 50) !== 0) continue;
  // Messages of threads that ended.
  await new Promise(setImmediate);
  gc();
  points.push([round, process.memoryUsage.rss()]);
}
// A line through the points after a warm-up.
const after = points.filter(([round]) => round > rounds / 3);
const average = (at) => after.reduce((sum, point) => sum + point[at], 0) / after.length;
const [a, b] = [average(0), average(1)];
const [over, under] = after.reduce(([o, u], [p, q]) => [o + (p - a) * (q - b), u + (p - a) ** 2], [0, 0]);
const mebibytes = after.map(([, rss]) => rss / 2 ** 20);
console.log(
  JSON.stringify({
    slope: over / under,
    least: Math.min(...mebibytes),
    most: Math.max(...mebibytes),
    last: mebibytes.at(-1),
  }),
);
process.exit();
