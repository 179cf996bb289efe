import { describe, expect, it } from "vitest";

import { fromNumbers } from "../../src/base/ndarray.ts";
import { fold, key, normal } from "../../src/base/random.ts";
import { flatten, unflatten } from "../../src/base/tree.ts";
import { input } from "../../src/graph/tensor.ts";
import { type Part, heNormal, linear, rectifier, sequential } from "../../src/nn/index.ts";
import { relu } from "../../src/ops/index.ts";
import { interpreter } from "../../src/runtime/index.ts";
import { OpenContext } from "./context.ts";

const nets = 2000;

/** The share of fresh nets of rectifiers that give 0 for every row of `items` [n, d]. */
async function deadShare(widths: readonly number[], items: ReturnType<typeof fromNumbers>): Promise<number> {
  const sizes = [items.shape[1]!, ...widths];
  const layers = widths.flatMap((width, i): Part[] => [linear(sizes[i]!, width, { init: heNormal }), rectifier(relu)]);
  const net = sequential(layers);
  const leaves = [...flatten(net.init(key(0)))];
  const params = unflatten(leaves.map(([path, { shape }]) => [path, input(path, shape)]));
  const out = net.apply(params, input("items", items.shape), new OpenContext(false));
  const compiled = await interpreter().compile({ outputs: { out } });
  let dead = 0;
  for (let seed = 0; seed < nets; seed++) {
    const outputs = await compiled.run({ items, ...Object.fromEntries(flatten(net.init(fold(key(1), seed)))) });
    if (outputs.out!.data.every((value) => value === 0)) dead++;
  }
  return dead / nets;
}

// A net whose weights are symmetric about 0 and whose biases are 0 is born dead with a chance of at most
// 1 - prod (1 - 2^-width). Lu et al., arXiv 1903.06733.
describe.each([[[2, 2, 2]], [[1, 3]], [[4, 2, 3, 2]]])("ReLU nets of widths %j", (widths) => {
  const bound = 1 - widths.reduce((alive, width) => alive * (1 - 2 ** -width), 1);
  const error = Math.sqrt((bound * (1 - bound)) / nets);

  it("are dead at initialisation with the probability of the bound for positive inputs, where it is exact", async () => {
    const share = await deadShare(widths, fromNumbers([0.5, 1, 3], [3, 1]));
    expect(Math.abs(share - bound)).toBeLessThan(4 * error);
  });

  it("are dead at initialisation less often for inputs of either sign", async () => {
    const share = await deadShare(widths, normal(key(2), [40, 2]));
    expect(share).toBeLessThan(bound - 4 * error);
  });
});
