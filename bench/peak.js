// node bench/peak.js: one JSON line, the GFLOP/s of a 2048 x 2048 matrix product in ONNX Runtime on all cores, the best of 20
// runs: the most that this machine achieves for products inside steps.
import { availableParallelism } from "node:os";

import { full } from "../dist/base/ndarray.js";
import { input } from "../dist/graph/tensor.js";
import { matmul } from "../dist/ops/index.js";
import { ortEngine } from "../dist/runtime/index.js";

const side = 2048;
const engine = ortEngine({ device: "cpu", threads: availableParallelism() });
const x = input("x", [side, side]);
const compiled = await engine.compile({ outputs: { y: matmul(x, x) } });
const feeds = { x: full([side, side], 1 / side) };
let best = Infinity;
for (let i = 0; i < 20; i++) {
  const start = performance.now();
  await compiled.run(feeds);
  best = Math.min(best, performance.now() - start);
}
console.log(JSON.stringify({ gflops: (2 * side ** 3) / best / 1e6 }));
process.exit(0);
