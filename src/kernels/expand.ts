import { formatShape } from "../base/ndarray.ts";
import type { Simplifier } from "../graph/simplify.ts";
import { type Tensor, opOf } from "../graph/tensor.ts";
import { toposort } from "../graph/traverse.ts";

/** The reason why kernels cannot compute the tensors; null if they can. */
export function obstacle(outputs: readonly Tensor[]): string | null {
  const open = toposort(outputs).find((node) => node.shape.some((extent) => typeof extent === "string"));
  return open === undefined ? null : `shapes must be static - got ${formatShape(open.shape)} of ${opOf(open).name}`;
}

/** Rewrites tensors so that every op has a kernel: composites are replaced by the ops that compute them. */
export function expand(outputs: readonly Tensor[], simplifier: Simplifier): Tensor[] {
  const expanded = simplifier.run(outputs, (node) => {
    const form = opOf(node).kernel;
    return "composite" in form ? form.composite(node.inputs, node.attrs, node) : null;
  });
  // Includes the products inside composites.
  return simplifier.run(expanded, (node) => {
    const form = opOf(node).kernel;
    return "product" in form ? form.narrow(node.inputs, node.attrs) : null;
  });
}
