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
  const replaced = new Map<Tensor, Tensor>();
  for (const node of toposort(outputs)) {
    const inputs = node.inputs.map((from) => replaced.get(from)!);
    const form = opOf(node).kernel;
    const same = inputs.every((from, i) => from === node.inputs[i]);
    const kept = () => (same ? node : { ...node, inputs });
    replaced.set(node, "composite" in form ? form.composite(inputs, node.attrs, node) : kept());
  }
  return simplify(outputs.map((output) => replaced.get(output)!));
}
