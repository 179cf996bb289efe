import { formatShape } from "../base/ndarray.ts";
import { simplify } from "../graph/simplify.ts";
import { type Tensor, opOf } from "../graph/tensor.ts";
import { toposort } from "../graph/traverse.ts";

/** The reason why kernels cannot compute the tensors; null if they can. */
export function obstacle(outputs: readonly Tensor[]): string | null {
  const open = toposort(outputs).find((node) => node.shape.some((extent) => typeof extent === "string"));
  return open === undefined ? null : `shapes must be static - got ${formatShape(open.shape)} of ${opOf(open).name}`;
}

/** Rewrites tensors so that every op has a kernel: composites are replaced by the ops that compute them. */
export function expand(outputs: readonly Tensor[]): Tensor[] {
  const expanded = replace(outputs, (node, inputs) => {
    const form = opOf(node).kernel;
    return "composite" in form ? form.composite(inputs, node.attrs, node) : null;
  });
  // Includes the products inside composites.
  return replace(expanded, (node, inputs) => {
    const form = opOf(node).kernel;
    return "product" in form ? form.narrow(inputs, node.attrs) : null;
  });
}

/** Rebuilds tensors with some nodes replaced. */
function replace(
  outputs: readonly Tensor[],
  otherFor: (node: Tensor, inputs: readonly Tensor[]) => Tensor | null,
): Tensor[] {
  const replaced = new Map<Tensor, Tensor>();
  for (const node of toposort(outputs)) {
    const inputs = node.inputs.map((from) => replaced.get(from)!);
    const same = inputs.every((from, i) => from === node.inputs[i]);
    const kept = () => (same ? node : { ...node, inputs });
    replaced.set(node, otherFor(node, inputs) ?? kept());
  }
  return simplify(outputs.map((output) => replaced.get(output)!));
}
