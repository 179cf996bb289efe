import { formatShape } from "../base/ndarray.ts";
import { simplify } from "../graph/simplify.ts";
import { type Tensor, opOf } from "../graph/tensor.ts";
import { toposort } from "../graph/traverse.ts";

/** Why kernels cannot compute some tensors, in words; null where they can. */
export function obstacle(outputs: readonly Tensor[]): string | null {
  const open = toposort(outputs).find((node) => node.shape.some((extent) => typeof extent === "string"));
  return open === undefined
    ? null
    : `shapes must be known in advance - got ${formatShape(open.shape)} of ${opOf(open).name}`;
}

/** The same tensors by ops that have kernels of their own: composites are replaced by what computes them. */
export function expand(outputs: readonly Tensor[]): Tensor[] {
  const expanded = replace(outputs, (node, inputs) => {
    const form = opOf(node).kernel;
    return "composite" in form ? form.composite(inputs, node.attrs, node) : null;
  });
  // Of composites, too.
  return replace(expanded, (node, inputs) => {
    const form = opOf(node).kernel;
    return "product" in form ? form.narrow(inputs, node.attrs) : null;
  });
}

/** The same tensors with others in the place of some. */
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
