import { describe, expect, it } from "vitest";

import { grad } from "../../src/autodiff/index.ts";
import { zeros } from "../../src/base/ndarray.ts";
import { type Tensor, input } from "../../src/graph/tensor.ts";
import { type KernelPlan, planKernels, printPlan } from "../../src/kernels/index.ts";
import * as ops from "../../src/ops/index.ts";
import { adam } from "../../src/optim/index.ts";

function planOf(outputs: Record<string, Tensor>, updates: Record<string, Tensor> = {}): KernelPlan {
  const plan = planKernels({ outputs, updates }, () => false);
  if (typeof plan === "string") throw new Error(plan);
  return plan;
}

const lines = (plan: KernelPlan) => printPlan(plan.schedule).split("\n");
const names = (buffers: Iterable<{ readonly name: string }>) => [...buffers].map(({ name }) => name).toSorted();
const w = input("w", [1000]);

describe("a plan", () => {
  it("fuses an optimizer into one pass that updates its state in place", () => {
    const optimizer = adam({ learningRate: 0.1 });
    const slots = Object.fromEntries(
      Object.keys(optimizer.init(zeros([1000]))).map((name) => [name, input(name, [1000])]),
    );
    const next = optimizer.update(w, input("g", [1000]), slots, (name) => input(name, []));
    const plan = planOf({}, { w: next.params, ...next.slots });
    expect(lines(plan)).toEqual([
      "kernels",
      "  pass of 1000, 19 instructions: w gradients g squares epsilon rate -> w gradients squares",
    ]);
    expect(names(plan.schedule.inPlace.values())).toEqual(["gradients", "squares", "w"]);
    expect(plan.schedule.copied.size).toBe(0);
  });

  it("copies at the end a state value that is read after its update is computed", () => {
    const [a, b] = [input("a", [4]), input("b", [4])];
    const swapped = planOf({}, { a: b, b: a });
    expect(swapped.schedule.inPlace.size + swapped.schedule.copied.size).toBe(2);
    expect(swapped.schedule.copied.size).toBeGreaterThan(0);
    const reversed = ops.gather(w, ops.indexTensor(Array.from({ length: 1000 }, (_, i) => 999 - i)));
    const mixed = planOf({}, { w: ops.add(ops.mul(w, 2), reversed) });
    expect(names(mixed.schedule.copied.values())).toEqual(["w"]);
  });

  it("writes gradients directly into the vector that the optimizer reads", () => {
    const x = input("x", [8, 3]);
    const g = input("g", [8, 5]);
    const weights = ops.matmul(x, g, { transposeA: true });
    const vector = ops.concat([ops.reshape(weights, [15]), ops.sum(g, { axes: [0] })]);
    const plan = planOf({}, { p: ops.sub(input("p", [20]), vector) });
    const [gradient] = plan.schedule.segments.flatMap((segment) => (segment.kind === "onnx" ? segment.products : []));
    const passes = lines(plan).filter((line) => line.includes("pass of"));
    expect(passes).toHaveLength(2);
    expect(passes.every((line) => !line.includes("copy"))).toBe(true);
    expect((gradient!.out.source as { size: number }).size).toBe(20);
  });

  it("reads through gathers, transposes and slices without a copy", () => {
    const x = input("x", [6, 5, 4]);
    const seen = ops.gather(ops.transpose(ops.slice(x, 1, 1, 4), [2, 0, 1]), ops.indexTensor([5, 0, 0, 3]), 1);
    expect(lines(planOf({ y: ops.tanh(seen) })).filter((line) => line.includes("pass"))).toHaveLength(1);
  });

  it("calls each large product as soon as its operands are ready, so that later ones reuse their memory", () => {
    const [x, weights] = [input("x", [512, 512]), input("weights", [512, 512])];
    const branch = (i: number) => ops.sum(ops.square(ops.matmul(ops.tanh(ops.add(x, i)), weights)));
    const plan = planOf({ y: [1, 2, 3, 4].map(branch).reduce((all, one) => ops.add(all, one)) });
    const calls = plan.schedule.segments.flatMap((segment) => (segment.kind === "onnx" ? [segment.products] : []));
    expect(calls.map((products) => products.length)).toEqual([1, 1, 1, 1]);
    const matrix = 4 * 512 * 512;
    expect(plan.bytes).toBeLessThan(3.1 * matrix);
  });

  it("computes the gradient of a kernel when nothing else needs the columns of its convolution", () => {
    const first = input("first", [5, 5, 64, 96]);
    const second = input("second", [5, 5, 96, 64]);
    const hidden = ops.tanh(ops.conv2d(input("x", [16, 16, 16, 64]), first, { padding: 2 }));
    const loss = ops.sum(ops.tanh(ops.conv2d(hidden, second, { padding: 2 })));
    const [ofFirst, ofSecond] = grad(loss, [first, second]) as [Tensor, Tensor];
    const plan = lines(planOf({ ofFirst, ofSecond }));
    // In the order of the graph it would be the last.
    const [early, late] = ["2400*64 64*1]", "1600*96 96*1]"].map((end) => plan.findIndex((line) => line.endsWith(end)));
    expect(early).toBeGreaterThan(0);
    expect(early).toBeLessThan(late!);
  });

  it("writes the zeros around an image only when the image is ready", () => {
    const layer = (x: Tensor, name: string) => ops.tanh(ops.conv2d(x, input(name, [5, 5, 16, 16]), { padding: 2 }));
    const y = ["a", "b", "c"].reduce(layer, input("x", [16, 16, 16, 16]));
    const plan = lines(planOf({ y }));
    const zeros = plan.flatMap((line, i) => (line.includes("0 instructions:  ->") ? [i] : []));
    const products = plan.flatMap((line, i) => (line.startsWith("ONNX") ? [i] : []));
    expect(zeros.map((at) => products.filter((product) => product < at).length)).toEqual([0, 1, 2]);
  });

  it("gives the reason for graphs without kernels", () => {
    expect(planKernels({ outputs: { y: ops.exp(input("x", ["n", 3])) } }, () => true)).toBe(
      "shapes must be static - got [n, 3] of input",
    );
  });
});
