/** The TensorFlow.js peer of the bench (`vae`): the WASM backend with SIMD and threads. See README.md. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { batch, initial, latent, normals, pixels, require, serve, shapes, threads } from "./peer.mjs";

/**
 * TensorFlow.js 4.22 turns threads off in Node because its worker is loaded from a blob: address, which Node's Worker does not take.
 * Here the worker comes from a file instead, so that the peer gets the threads that it has in a browser; it takes at most half of the
 * cores it counts, hence the doubled count. Worth 1.1 to 1.3 times on 2 cores.
 */
function allowThreads(tf, wasm, root) {
  const os = require("node:os");
  const cores = os.cpus();
  os.cpus = () => [...cores, ...cores];
  const folder = mkdtempSync(join(tmpdir(), "zaya-tfjs-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const main = join(root, "wasm-out", "tfjs-backend-wasm-threaded-simd.js");
  globalThis.Blob = class {
    constructor(parts) {
      this.text = parts.join("");
    }
  };
  URL.createObjectURL = (blob) => {
    const file = join(folder, "worker.cjs");
    writeFileSync(
      file,
      `URL.createObjectURL = () => ${JSON.stringify(main)};\nURL.revokeObjectURL = () => {};\n${blob.text}`,
    );
    return file;
  };
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", true);
  wasm.setThreadsCount(threads);
}

/** Where WASM cannot be had, and with `ZAYA_PEER_BACKEND=cpu`, the plain JavaScript backend. */
async function backend(tf) {
  if (process.env.ZAYA_PEER_BACKEND !== "cpu") {
    const wasm = require("@tensorflow/tfjs-backend-wasm");
    const root = dirname(require.resolve("@tensorflow/tfjs-backend-wasm/package.json"));
    if (threads > 1) allowThreads(tf, wasm, root);
    wasm.setWasmPaths(join(root, "dist/"));
    if (await tf.setBackend("wasm")) return { name: "wasm", threads: wasm.getThreadsCount() };
  }
  await tf.setBackend("cpu");
  return { name: "cpu", threads: 1 };
}

async function vae() {
  const tf = require("@tensorflow/tfjs");
  const engine = await backend(tf);
  const start = initial();
  const p = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, tf.variable(tf.tensor(start[name], shape))]),
  );
  const adam = tf.train.adam(1e-3, 0.9, 0.999, 1e-8);
  const x = tf.tensor(pixels(), [batch, 784]);
  // The WASM backend is slow on transposed operands, which its own gradient of matMul asks for: 190 ms a step against 50 with copies.
  const matMul = tf.customGrad((a, b, save) => {
    save([a, b]);
    return {
      value: tf.matMul(a, b),
      gradFunc: (dy, [a, b]) => [tf.matMul(dy, tf.transpose(b)), tf.matMul(tf.transpose(a), dy)],
    };
  });
  const layer = (input, weight, bias) => tf.add(matMul(input, weight), bias);

  function loss() {
    const [mean, logvar] = tf.split(layer(tf.relu(layer(x, p.w1, p.b1)), p.w2, p.b2), 2, 1);
    const noise = tf.tensor(normals(batch * latent), [batch, latent]);
    const z = tf.add(mean, tf.mul(tf.exp(tf.mul(logvar, 0.5)), noise));
    const logits = layer(tf.relu(layer(z, p.w3, p.b3)), p.w4, p.b4);
    const recon = tf.sum(tf.sub(tf.softplus(logits), tf.mul(x, logits)));
    const kl = tf.mul(tf.sum(tf.sub(tf.add(tf.square(mean), tf.exp(logvar)), tf.add(logvar, 1))), 0.5);
    return tf.div(tf.add(recon, kl), batch);
  }

  let last;
  return {
    version: tf.version.tfjs,
    threads: engine.threads,
    note: engine.name,
    async step() {
      last?.dispose();
      last = adam.minimize(loss, true);
    },
    async loss() {
      return last.dataSync()[0];
    },
  };
}

await serve("tfjs", { vae });
