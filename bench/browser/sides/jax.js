import * as jax from "@jax-js/jax";
import manifest from "@jax-js/jax/package.json";

const { numpy: np, nn, tree, jit, valueAndGrad } = jax;
const steps = { vae, gan2d };

export async function open(problem) {
  if (steps[problem.workload] === undefined) throw new Error("not written for jax-js");
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  const arrays = (of) =>
    Object.fromEntries([...of].map(([path, { shape, data }]) => [path, np.array(data).reshape(shape)]));
  const zeros = (of) => Object.fromEntries([...of].map(([path, { shape }]) => [path, np.zeros(shape)]));
  const begin = (make) =>
    tree.map((x) => x, Object.fromEntries(Object.entries(problem.initial).map(([net, p]) => [net, make(p)])));
  const state = { p: begin(arrays), m: begin(zeros), v: begin(zeros) };
  const step = steps[problem.workload](state, problem);
  let count = 0;
  return {
    version: manifest.version,
    note: "wasm",
    async step() {
      const { batch, noise } = problem.inputsOf(count++);
      return step(np.array(batch.data).reshape(batch.shape), np.array(noise.data).reshape(noise.shape), count);
    },
  };
}

// Every use of an array but the last takes a reference (.ref): jax-js frees what is passed without one.
const layer = (x, p, i) => np.dot(x, p[`${i}.weight`]).add(p[`${i}.bias`]);

/** New parameters and moments. `rate` and `fix` hold Adam's bias corrections. */
function adam({ p, m, v }, g, beta1, rate, fix) {
  const m1 = tree.map((m, g) => m.mul(beta1).add(g.ref.mul(1 - beta1)), m, tree.ref(g));
  const v1 = tree.map((v, g) => v.mul(0.999).add(np.square(g).mul(0.001)), v, g);
  const p1 = tree.map(
    (p, m, v) => p.sub(m.mul(rate.ref).div(np.sqrt(v.mul(fix.ref)).add(1e-8))),
    p,
    tree.ref(m1),
    tree.ref(v1),
  );
  return { p: p1, m: m1, v: v1 };
}
const corrections = (learningRate, beta1, t) => [
  np.array(learningRate / (1 - beta1 ** t)),
  np.array(1 / (1 - 0.999 ** t)),
];

function vae(begun, { learningRate }) {
  const loss = ({ encoder, decoder }, x, noise) => {
    const [mean, logvar] = np.split(layer(nn.relu(layer(x.ref, encoder, 1)), encoder, 3), 2, 1);
    const z = mean.ref.add(np.exp(logvar.ref.mul(0.5)).mul(noise));
    const logits = layer(nn.relu(layer(z, decoder, 0)), decoder, 2);
    const recon = nn.softplus(logits.ref).sub(x.mul(logits)).sum();
    const kl = np.square(mean).add(np.exp(logvar.ref)).sub(logvar).sub(1).sum().mul(0.5);
    return recon.add(kl).div(128);
  };
  const update = jit((state, x, noise, rate, fix) => {
    const [value, g] = valueAndGrad(loss)(tree.ref(state.p), x, noise);
    return [adam(state, g, 0.9, rate, fix), value];
  });
  let state = begun;
  return async (batch, noise, t) => {
    let value;
    [state, value] = update(
      state,
      batch.reshape([128, 784]),
      noise.reshape([128, 20]),
      ...corrections(learningRate, 0.9, t),
    );
    await jax.blockUntilReady(state);
    return (await value.data())[0];
  };
}

function gan2d(begun, { learningRate }) {
  const mlp = (p, x, activation) => layer(activation(layer(activation(layer(x, p, 0)), p, 2)), p, 4);
  const generator = (p, z) => mlp(p, z, nn.relu);
  const discriminator = (p, x) => mlp(p, x, (y) => nn.leakyRelu(y, 0.2));
  const lossD = (d, x, fake) => {
    const real = nn.softplus(discriminator(tree.ref(d), x).mul(-1)).mean();
    return real.add(nn.softplus(discriminator(d, fake)).mean());
  };
  const lossG = (g, d, z) => nn.softplus(discriminator(d, generator(g, z)).mul(-1)).mean();
  const update = jit((state, x, z, rate, fix) => {
    const [g, d] = ["generator", "discriminator"].map((net) => ({ p: state.p[net], m: state.m[net], v: state.v[net] }));
    const fake = generator(tree.ref(g.p), z.ref);
    const [value, gradD] = valueAndGrad(lossD)(tree.ref(d.p), x, fake);
    const d1 = adam(d, gradD, 0.5, rate.ref, fix.ref);
    const [ignored, gradG] = valueAndGrad(lossG)(tree.ref(g.p), tree.ref(d1.p), z);
    ignored.dispose();
    const g1 = adam(g, gradG, 0.5, rate, fix);
    const both = (part) => ({ generator: g1[part], discriminator: d1[part] });
    return [{ p: both("p"), m: both("m"), v: both("v") }, value];
  });
  let state = begun;
  return async (batch, noise, t) => {
    let value;
    [state, value] = update(state, batch, noise, ...corrections(learningRate, 0.5, t));
    await jax.blockUntilReady(state);
    return (await value.data())[0];
  };
}
