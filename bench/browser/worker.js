// Makes steps of one side of one workload, each timed alone.
import { problemOf } from "./problem.js";

const sides = {
  zaya: () => import("./sides/zaya.js"),
  "onnxruntime-web": () => import("./sides/onnxruntime.js"),
  "tfjs-wasm": () => import("./sides/tfjs.js"),
  "tfjs-webgl": () => import("./sides/tfjs.js"),
  "jax-js": () => import("./sides/jax.js"),
};
let side;

addEventListener("message", async ({ data }) => {
  try {
    postMessage(data.type === "begin" ? await begin(data) : await block(data.steps));
  } catch (error) {
    postMessage({ error: `${error.message ?? error}`.split("\n")[0].slice(0, 300) });
  }
});

/** Losses of the first steps are compared between sides. */
async function begin({ name, workload, threads, check }) {
  const start = performance.now();
  const { open } = await sides[name]();
  side = await open({ ...(await problemOf(workload)), workload, side: name, threads });
  const losses = [];
  let startMs = 0;
  for (let i = 0; i < check; i++) {
    losses.push(await side.step());
    if (i === 0) startMs = performance.now() - start;
  }
  return { losses, startMs, version: side.version, note: side.note };
}

async function block(steps) {
  const ms = [];
  for (let i = 0; i < steps; i++) {
    const before = performance.now();
    await side.step();
    ms.push(performance.now() - before);
  }
  return { ms };
}
