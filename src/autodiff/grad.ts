import { ShapeError } from "../base/errors.ts";
import { formatShape, ndarray } from "../base/ndarray.ts";
import { type Tree, flatten, unflatten } from "../base/tree.ts";
import { type Tensor, constant, opOf } from "../graph/tensor.ts";
import { toposort } from "../graph/traverse.ts";
import { add, broadcastTo } from "../ops/index.ts";

/**
 * Gradients of a scalar [] with respect to tensors of its graph, each in the shape of its tensor. Gradients are graphs and can be
 * differentiated again. They are zero for tensors on which the scalar does not depend.
 * @throws ShapeError if `y` is not a scalar.
 */
export function grad(y: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (y.shape.length !== 0 || y.dtype !== "float32") {
    throw new ShapeError(`grad: only a float32 scalar has a gradient - got ${y.dtype} ${formatShape(y.shape)}`);
  }
  return vectorGrad(y, filled(1, []), wrt);
}

/**
 * Vector-Jacobian product: gradients of sum(g * y) with respect to tensors of the graph, each in the shape of its tensor. `g` has the
 * shape of `y`.
 */
export function vectorGrad(y: Tensor, g: Tensor, wrt: readonly Tensor[]): Tensor[] {
  requireShapeOf(y, g, "vectorGrad");
  const order = toposort([y]);
  const varying = dependents(order, wrt);
  const terms = new Map<Tensor, Tensor[]>([[y, [g]]]);
  const totals = new Map<Tensor, Tensor>();
  for (const node of order.toReversed()) {
    const received = terms.get(node);
    if (received === undefined || !varying.has(node)) continue;
    const total = sumOf(received);
    totals.set(node, total);
    const { gradient } = opOf(node);
    if (gradient === "none") continue;
    const shares = gradient(total, node.inputs, node.attrs, node);
    node.inputs.forEach((from, i) => {
      const share = shares[i];
      if (!share || !varying.has(from)) return;
      requireShapeOf(from, share, opOf(node).name);
      terms.set(from, [...(terms.get(from) ?? []), share]);
    });
  }
  return wrt.map((x) => totals.get(x) ?? filled(0, x.shape));
}

/** Checked because broadcasting would hide a wrong shape and give wrong numbers. */
function requireShapeOf(x: Tensor, g: Tensor, where: string): void {
  if (formatShape(g.shape) === formatShape(x.shape)) return;
  throw new ShapeError(
    `${where}: a gradient must have the shape of its tensor - got ${formatShape(g.shape)} for ${formatShape(x.shape)}`,
  );
}

/** Gradients of a scalar [] with respect to each leaf of a tree, as a tree of the same structure and shapes. */
export function gradTree(y: Tensor, params: Tree<Tensor>): Tree<Tensor> {
  const leaves = flatten(params);
  const gradients = grad(y, [...leaves.values()]);
  return unflatten([...leaves.keys()].map((path, i) => [path, gradients[i]!] as const));
}

/** Nodes through which a gradient can reach one of `wrt`. */
function dependents(order: readonly Tensor[], wrt: readonly Tensor[]): Set<Tensor> {
  const varying = new Set<Tensor>(wrt);
  for (const node of order) {
    if (opOf(node).gradient !== "none" && node.inputs.some((from) => varying.has(from))) varying.add(node);
  }
  return varying;
}

function sumOf(terms: readonly Tensor[]): Tensor {
  const first = terms[0]!;
  if (terms.length === 1) return first;
  const { combine } = opOf(first);
  const combined = combine && terms.every((term) => term.op === first.op) ? combine(terms) : null;
  return combined ?? terms.reduce((total, term) => add(total, term));
}

function filled(value: number, shape: Tensor["shape"]): Tensor {
  return broadcastTo(constant(ndarray("float32", [], Float32Array.of(value))), shape);
}
