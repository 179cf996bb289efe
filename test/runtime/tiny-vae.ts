import { grad } from "../../src/autodiff/index.ts";
import { type NdArray, scalar, zeros } from "../../src/base/ndarray.ts";
import { key, normal, uniform } from "../../src/base/random.ts";
import { bernoulliLogProb, normalKlTerms, perItem, sampleNormal } from "../../src/distributions/index.ts";
import { type Tensor, input } from "../../src/graph/tensor.ts";
import { add, conv2d, convTranspose2d, matmul, mean, mul, reshape, slice, sub, tanh } from "../../src/ops/index.ts";
import { adam } from "../../src/optim/index.ts";
import type { Engine } from "../../src/runtime/index.ts";

const [batch, latent, channels] = [4, 3, 4];
const shapes = {
  down: [4, 4, 1, channels],
  code: [4 * 4 * channels, 2 * latent],
  back: [latent, 4 * 4 * channels],
  up: [4, 4, 1, channels],
};
type Name = keyof typeof shapes;
const names = Object.keys(shapes) as Name[];

/** One training step of a small convolutional VAE on images [4, 8, 8, 1], with Adam, as one graph. Smooth throughout. */
function trainingStep() {
  const half = { stride: 2, padding: 1 };
  const x = input("x", [batch, 8, 8, 1]);
  const p = Object.fromEntries(names.map((name) => [name, input(name, shapes[name])])) as Record<Name, Tensor>;
  const hidden = reshape(tanh(conv2d(x, p.down, half)), [batch, -1]);
  const both = matmul(hidden, p.code);
  const q = { mean: slice(both, 1, 0, latent), logVariance: slice(both, 1, latent, 2 * latent) };
  const z = sampleNormal(q, input("noise", [batch, latent]));
  const grid = tanh(reshape(matmul(z, p.back), [batch, 4, 4, channels]));
  const logits = convTranspose2d(grid, p.up, half);
  const loss = mean(sub(perItem(normalKlTerms(q)), bernoulliLogProb(logits, x)));
  const optimizer = adam({ learningRate: 0.01 });
  const scalars = new Map<string, (count: number) => number>();
  const updates: Record<string, Tensor> = {};
  const initial: Record<string, NdArray> = {};
  grad(
    loss,
    names.map((name) => p[name]),
  ).forEach((g, i) => {
    const name = names[i]!;
    const values = normal(key(i), shapes[name]);
    initial[name] = { ...values, data: values.data.map((value) => value * 0.3) };
    const slots = Object.keys(optimizer.init(zeros([1])));
    for (const slot of slots) initial[`${name}/${slot}`] = zeros(shapes[name]);
    const own = Object.fromEntries(slots.map((slot) => [slot, input(`${name}/${slot}`, shapes[name])]));
    const next = optimizer.update(p[name], g, own, (scalarName, at) => {
      scalars.set(scalarName, at);
      return input(scalarName, []);
    });
    updates[name] = next.params;
    for (const [slot, value] of Object.entries(next.slots)) updates[`${name}/${slot}`] = value;
  });
  return { program: { outputs: { loss, logits: mul(add(logits, 0), 1) }, updates }, initial, scalars };
}

export interface TinyRun {
  readonly losses: readonly number[];
  readonly state: Readonly<Record<string, readonly number[]>>;
}

/** Trains it for some steps on an engine. */
export async function trainTinyVae(engine: Engine, steps: number): Promise<TinyRun> {
  const { program, initial, scalars } = trainingStep();
  const compiled = await engine.compile(program);
  const state = engine.createState(initial);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const numbers = Object.fromEntries([...scalars].map(([name, at]) => [name, scalar(at(step))]));
    const feeds = {
      x: uniform(key(100 + step), [batch, 8, 8, 1]),
      noise: normal(key(200 + step), [batch, latent]),
      ...numbers,
    };
    losses.push((await compiled.run(feeds, state)).loss!.data[0]!);
  }
  const values = Object.entries(await state.read()).map(([name, { data }]): [string, number[]] => [name, [...data]]);
  await compiled.release();
  state.dispose();
  return { losses, state: Object.fromEntries(values) };
}
