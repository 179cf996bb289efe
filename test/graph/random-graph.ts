import fc from "fast-check";

import { ShapeError } from "../../src/base/errors.ts";
import { type Shape, formatShape, fromNumbers, ndarray, sizeOf } from "../../src/base/ndarray.ts";
import { type Tensor, constant, input, opOf } from "../../src/graph/tensor.ts";
import { toposort } from "../../src/graph/traverse.ts";
import * as ops from "../../src/ops/index.ts";

/** One node to add: what it does to two earlier tensors, with whole numbers that choose among its forms. */
interface Move {
  readonly op: number;
  readonly a: number;
  readonly b: number;
  readonly choice: number;
}

const inputs: Readonly<Record<string, Shape>> = { x: [2, 3], row: [3], column: [2, 1], s: [] };

/** Values of the inputs, exact in float32 and away from ties. */
export const feeds = {
  x: fromNumbers([0.515625, -1.265625, 2.046875, -0.734375, 1.484375, -2.234375], [2, 3]),
  row: fromNumbers([-0.484375, 1.765625, 0.265625]),
  column: fromNumbers([1.234375, -1.546875], [2, 1]),
  s: fromNumbers([0.703125], []),
};

const table = constant(ndarray("int32", [3], Int32Array.of(0, 0, 0)));

type Form = (a: Tensor, b: Tensor, choice: number) => Tensor;

/** Keeps numbers moderate, however many nodes follow each other. */
const bounded =
  (form: Form): Form =>
  (a, b, choice) =>
    ops.mul(ops.tanh(ops.mul(form(a, b, choice), 0.25)), 4);

/** Forms that can make numbers larger. */
const growing: readonly Form[] = [
  (a, b) => ops.add(a, b),
  (a, b) => ops.sub(a, b),
  (a, b) => ops.mul(a, ops.tanh(b)),
  (a, b) => ops.div(a, ops.add(ops.square(b), 1)),
  (a, _, choice) => ops.add(a, [0, 1, -2][choice % 3]!),
  (a, _, choice) => ops.mul(a, [0, 1, 0.5][choice % 3]!),
  (a) => ops.exp(ops.clip(a, -2, 2)),
  (a, _, choice) => ops.sum(a, { axes: [choice % 3], keepDims: choice % 2 === 0 }),
  (a) => ops.sum(a),
  (a, b) => ops.matmul(a, b, { transposeB: true }),
  (a, b, choice) => {
    const axis = choice % 2;
    return ops.add(ops.slice(a, axis, 0, 1), ops.slice(b, axis, 1, 2));
  },
  (a, _, choice) =>
    ops.scatterAdd(
      a,
      ops.indexTensor(Array.from({ length: a.shape[choice % 2] as number }, (__, i) => i % 2)),
      choice % 2,
      3,
    ),
  (a) => ops.customGradient(ops.mul(a, 3), [a], (g) => [ops.mul(g, 3)]),
];

/** Forms that cannot; bare, so that they meet each other. */
const keeping: readonly Form[] = [
  (a) => ops.neg(a),
  (a) => ops.tanh(a),
  (a) => ops.relu(a),
  (a) => ops.leakyRelu(a, 0.25),
  (a, b) => ops.maximum(a, b),
  (a, b) => ops.where(ops.greater(a, b), a, b),
  (a, _, choice) => ops.max(a, { axes: [choice % 3], keepDims: choice % 2 === 1 }),
  (a, b, choice) => ops.concat([a, b], choice % 2),
  (a, _, choice) => ops.slice(a, choice % 2, choice % 3, 1 + ((choice * 7) % 4)),
  (a, _, choice) => ops.padAxis(a, choice % 2, choice % 3, choice % 4),
  (a) => ops.transpose(a),
  (a) => ops.reshape(a, [-1]),
  (a) => ops.reshape(a, [1, -1]),
  (a) => ops.reshape(ops.reshape(a, [-1, 1]), a.shape),
  (a, b) => ops.broadcastTo(a, b.shape),
  (a) => ops.broadcastTo(a, [2, ...a.shape]),
  (a, _, choice) => ops.gather(a, ops.indexTensor([0, choice % 2, 0]), choice % 2),
  (a) => ops.gather(a, table),
  (a) => ops.stopGradient(a),
  (_, __, choice) => constant(fromNumbers([1, -2, 0.5].map((value) => value * ((choice % 4) - 1)))),
  // No 1: ONNX Runtime 1.30 turns ([1] / x) * y into y / x and forgets that the 1 had an axis.
  (_, __, choice) => constant(fromNumbers([2 * (choice % 2)])),
];

/** All forms; those that do not fit their operands are left out of a graph. */
const forms: readonly Form[] = [...growing.map(bounded), ...keeping];

/** Graphs of up to `most` nodes over the inputs, with the last few of them as outputs. Every number stays moderate. */
export function randomGraph(most: number): fc.Arbitrary<Tensor[]> {
  const move = fc.record({ op: fc.nat(forms.length - 1), a: fc.nat(1000), b: fc.nat(1000), choice: fc.nat(23) });
  return fc.array(move, { minLength: 1, maxLength: most }).map((moves) => {
    const outputs = build(moves);
    return Object.assign(outputs, { [fc.toStringMethod]: () => written(outputs) });
  });
}

/** A graph as lines of text, for the report of a counterexample. */
function written(outputs: readonly Tensor[]): string {
  const order = toposort(outputs);
  const name = (node: Tensor) => `${outputs.includes(node) ? "out " : ""}%${order.indexOf(node)}`;
  const line = (node: Tensor) =>
    `${name(node)} = ${opOf(node).name}(${node.inputs.map((from) => `%${order.indexOf(from)}`).join(", ")}) ${JSON.stringify(node.attrs)} ${formatShape(node.shape)}`;
  return `\n${order.map(line).join("\n")}\n`;
}

function build(moves: readonly Move[]): Tensor[] {
  const nodes = Object.entries(inputs).map(([name, shape]) => input(name, shape));
  for (const { op, a, b, choice } of moves) {
    // The newest tensors are the likeliest operands, so that graphs get deep.
    const pick = (at: number) => nodes[nodes.length - 1 - (at % Math.min(nodes.length, 5))]!;
    try {
      const node = forms[op]!(pick(a), pick(b), choice);
      if (sizeOf(node.shape as Shape) <= 64) nodes.push(node);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
    }
  }
  return nodes.slice(-3);
}
