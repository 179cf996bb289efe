import * as tf from "@tensorflow/tfjs";
import * as wasm from "@tensorflow/tfjs-backend-wasm";
import plain from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url";
import simd from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url";
import threadedSimd from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url";

const steps = { vae, gan2d, dcgan };

export async function open(problem) {
  const backend = problem.side === "tfjs-webgl" ? "webgl" : "wasm";
  if (backend === "wasm") {
    wasm.setWasmPaths({
      "tfjs-backend-wasm.wasm": plain,
      "tfjs-backend-wasm-simd.wasm": simd,
      "tfjs-backend-wasm-threaded-simd.wasm": threadedSimd,
    });
    // It takes at most half of the cores that it counts.
    Object.defineProperty(navigator, "hardwareConcurrency", { value: 2 * problem.threads });
    wasm.setThreadsCount(problem.threads);
  }
  if (!(await tf.setBackend(backend))) throw new Error(`no backend ${backend}`);
  const variables = {};
  for (const [net, params] of Object.entries(problem.initial)) {
    variables[net] = {};
    for (const [path, { shape, data }] of params) variables[net][path] = tf.variable(tf.tensor(data, shape));
  }
  const step = steps[problem.workload](variables, problem, backend);
  let count = 0;
  return {
    version: tf.version.tfjs,
    note: backend === "wasm" ? `wasm, ${wasm.getThreadsCount()} threads` : "webgl",
    async step() {
      const { batch, noise } = problem.inputsOf(count++);
      const loss = tf.tidy(() => step(tf.tensor(batch.data, batch.shape), tf.tensor(noise.data, noise.shape)));
      const [value] = await loss.data();
      loss.dispose();
      return value;
    },
  };
}

/** The WASM backend is slow on transposed operands, which its own gradient of matMul asks for: copies are faster. */
const copyingMatMul = tf.customGrad((a, b, save) => {
  save([a, b]);
  return {
    value: tf.matMul(a, b),
    gradFunc: (dy, [a, b]) => [tf.matMul(dy, tf.transpose(b)), tf.matMul(tf.transpose(a), dy)],
  };
});
const layerOf = (backend) => {
  const matMul = backend === "wasm" ? copyingMatMul : tf.matMul;
  return (x, p, i) => tf.add(matMul(x, p[`${i}.weight`]), p[`${i}.bias`]);
};

function vae({ encoder, decoder }, { learningRate }, backend) {
  const layer = layerOf(backend);
  const adam = tf.train.adam(learningRate, 0.9, 0.999, 1e-8);
  return (batch, noise) => {
    const n = batch.shape[0];
    const x = tf.reshape(batch, [n, 784]);
    const z0 = tf.reshape(noise, [n, 20]);
    return adam.minimize(() => {
      const [mean, logvar] = tf.split(layer(tf.relu(layer(x, encoder, 1)), encoder, 3), 2, 1);
      const z = tf.add(mean, tf.mul(tf.exp(tf.mul(logvar, 0.5)), z0));
      const logits = layer(tf.relu(layer(z, decoder, 0)), decoder, 2);
      const recon = tf.sum(tf.sub(tf.softplus(logits), tf.mul(x, logits)));
      const kl = tf.mul(tf.sum(tf.sub(tf.add(tf.square(mean), tf.exp(logvar)), tf.add(logvar, 1))), 0.5);
      return tf.div(tf.add(recon, kl), n);
    }, true);
  };
}

/** Discriminator's step, then the generator's: TensorFlow.js has no tape across both, so the generator runs twice. */
function adversarial(generator, discriminator, nets, learningRate, lossOf) {
  const optimizers = [0, 1].map(() => tf.train.adam(learningRate, 0.5, 0.999, 1e-8));
  const [own, made] = [nets.discriminator, nets.generator].map((net) => Object.values(net));
  return (x, z) => {
    const fake = generator(z);
    const loss = optimizers[0].minimize(() => lossOf(x, fake), true, own);
    optimizers[1].minimize(() => tf.mean(tf.softplus(tf.neg(discriminator(generator(z))))), false, made);
    return loss;
  };
}

function gan2d(nets, { learningRate }, backend) {
  const layer = layerOf(backend);
  const mlp = (p, activation) => (x) => layer(activation(layer(activation(layer(x, p, 0)), p, 2)), p, 4);
  const generator = mlp(nets.generator, tf.relu);
  const discriminator = mlp(nets.discriminator, (x) => tf.leakyRelu(x, 0.2));
  const together = (x, fake) => {
    const n = x.shape[0];
    const signs = tf.concat([tf.neg(tf.ones([n, 1])), tf.ones([n, 1])]);
    return tf.mul(tf.mean(tf.softplus(tf.mul(discriminator(tf.concat([x, fake])), signs))), 2);
  };
  return adversarial(generator, discriminator, nets, learningRate, together);
}

function dcgan({ generator: g, discriminator: d }, { learningRate }) {
  const norm = (x, p, i) => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), p[`${i}.scale`]), p[`${i}.shift`]);
  };
  const up = (x, w, size, stride) =>
    tf.conv2dTranspose(x, w, [x.shape[0], size, size, w.shape[2]], stride, stride === 1 ? "valid" : "same");
  const generator = (z) => {
    let x = tf.relu(norm(up(tf.reshape(z, [-1, 1, 1, 100]), g["1.weight"], 4, 1), g, 2));
    x = tf.relu(norm(up(x, g["4.weight"], 8, 2), g, 5));
    x = tf.relu(norm(up(x, g["7.weight"], 16, 2), g, 8));
    return tf.tanh(up(x, g["10.weight"], 32, 2));
  };
  const leaky = (x) => tf.leakyRelu(x, 0.2);
  const discriminator = (image) => {
    let x = leaky(tf.conv2d(image, d["0.weight"], 2, "same"));
    x = leaky(norm(tf.conv2d(x, d["2.weight"], 2, "same"), d, 3));
    x = leaky(norm(tf.conv2d(x, d["5.weight"], 2, "same"), d, 6));
    return tf.reshape(tf.conv2d(x, d["8.weight"], 1, "valid"), [-1, 1]);
  };
  const apart = (x, fake) =>
    tf.add(tf.mean(tf.softplus(tf.neg(discriminator(x)))), tf.mean(tf.softplus(discriminator(fake))));
  return adversarial(generator, discriminator, { generator: g, discriminator: d }, learningRate, apart);
}
