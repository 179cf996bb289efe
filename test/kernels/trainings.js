// Training runs on the wasm engine, and the SHA-256 of their final parameters, the same on every machine.
import { MemoryStore, key, ndarray, uniform } from "zaya";
import { arrayDataset, pairDataset, ring8, shapes } from "zaya/data";
import { cyclegan, gan, vae } from "zaya/models";
import { train } from "zaya/train";

/** Images in [0, 1] that are the same on every machine. */
function drawnImages(name, seed, shape) {
  return arrayDataset({ name, kind: "image", items: ndarray("float32", shape, uniform(key(seed), shape).data) });
}

function pairs(size) {
  const [a, b] = [1, 2].map((seed) => drawnImages(`drawn ${seed}`, seed, [size, 24, 24, 3]));
  return pairDataset("drawn", { a, b, aligned: false });
}

/** Model, data, steps and the digest. Another digest is another program: of kernels, of their order, or of the step. */
export const trainings = {
  vae: {
    model: () => vae({ latent: 8, hidden: 128 }),
    data: () => shapes.generate(16),
    steps: 100,
    digest: "b4349c629e92864f9cb7ab1469f94210637edfb6327b5ab700670e0c0c5a9900",
  },
  gan: {
    model: () => gan({ hidden: [64, 64] }),
    data: () => ring8.generate(),
    steps: 500,
    digest: "f31fea1439f3bd1030cdc302ed1d789108de1de02becf03a6557e1ff88fb1763",
  },
  cyclegan: {
    model: () => cyclegan({ ngf: 8, ndf: 8, blocks: 2 }),
    data: () => ({ train: pairs(8), test: pairs(4) }),
    steps: 10,
    digest: "f10d3ca86fd62e265dc264b58729873fdc825b1c33e7064491a158a4b4bc4fd1",
  },
};

const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Whether a file holds the parameters of the newest checkpoint among those of a run, and not of the best one, which is earlier. */
export const isLast = (file) => /^checkpoints\/\d+\/params\.safetensors$/.test(file);

/** Trains one of them, and gives the digest of its parameters. */
export async function digestOf(name, engine) {
  const { model, data, steps } = trainings[name];
  const store = new MemoryStore();
  for await (const _ of train(model(), data(), { steps, seed: 7 }, { engine, store }));
  const params = (await store.list("checkpoints")).findLast(isLast);
  return hex(await crypto.subtle.digest("SHA-256", await store.read(params)));
}
