/**
 * The jax-js peer of the bench (`vae`): the whole training step under jit, on the WASM backend, the only one that Node has.
 * It runs on one thread, as jax-js does in Node for want of a global Worker; with one lent to it (two workers) a step took 52 ms
 * instead of 51. See README.md.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { batch, initial, latent, normals, pixels, require, serve, shapes } from "./peer.mjs";

async function vae() {
  const dist = dirname(require.resolve("@jax-js/jax"));
  const jax = await import(pathToFileURL(join(dist, "index.js")).href);
  const { numpy: np, nn, tree, jit, valueAndGrad } = jax;
  await jax.init("wasm");
  jax.defaultDevice("wasm");

  const zeros = () => Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, np.zeros(shape)]));
  const start = initial();
  const p0 = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, np.array(start[name]).reshape(shape)]),
  );
  const x = np.array(pixels()).reshape([batch, 784]);

  // Every use of an array but the last takes a reference (.ref): jax-js frees what is passed without one.
  function loss(p, x, noise) {
    const hidden = nn.relu(np.dot(x.ref, p.w1).add(p.b1));
    const [mean, logvar] = np.split(np.dot(hidden, p.w2).add(p.b2), 2, 1);
    const z = mean.ref.add(np.exp(logvar.ref.mul(0.5)).mul(noise));
    const logits = np.dot(nn.relu(np.dot(z, p.w3).add(p.b3)), p.w4).add(p.b4);
    const recon = nn.softplus(logits.ref).sub(x.mul(logits)).sum();
    const kl = np.square(mean).add(np.exp(logvar.ref)).sub(logvar).sub(1).sum().mul(0.5);
    return recon.add(kl).div(batch);
  }

  const step = jit((state, x, noise, rate, fix) => {
    const { p, m, v } = state;
    const [value, g] = valueAndGrad(loss)(tree.ref(p), x, noise);
    const m1 = tree.map((m, g) => m.mul(0.9).add(g.ref.mul(0.1)), m, tree.ref(g));
    const v1 = tree.map((v, g) => v.mul(0.999).add(np.square(g).mul(0.001)), v, g);
    const p1 = tree.map(
      (p, m, v) => p.sub(m.mul(rate.ref).div(np.sqrt(v.mul(fix.ref)).add(1e-8))),
      p,
      tree.ref(m1),
      tree.ref(v1),
    );
    return [{ p: p1, m: m1, v: v1 }, value];
  });

  let state = { p: p0, m: zeros(), v: zeros() };
  let t = 0;
  let last;
  return {
    version: JSON.parse(readFileSync(join(dist, "..", "package.json"), "utf8")).version,
    threads: 1,
    note: "wasm",
    async step() {
      t++;
      const noise = np.array(normals(batch * latent)).reshape([batch, latent]);
      let value;
      [state, value] = step(state, x.ref, noise, np.array(1e-3 / (1 - 0.9 ** t)), np.array(1 / (1 - 0.999 ** t)));
      await jax.blockUntilReady(state);
      last = await value.data();
    },
    async loss() {
      return last[0];
    },
  };
}

await serve("jax-js", { vae });
