import { simplify } from "../dist/graph/simplify.js";
import { opOf } from "../dist/graph/tensor.js";
import { toposort } from "../dist/graph/traverse.js";

/** Floating point operations of all products and convolutions of a program. */
export function productFlops({ outputs, updates = {} }) {
  const nodes = toposort(simplify([...Object.values(outputs), ...Object.values(updates)]));
  return nodes.reduce((sum, node) => sum + (opOf(node).flops?.(node.inputs, node.attrs, node) ?? 0), 0);
}
