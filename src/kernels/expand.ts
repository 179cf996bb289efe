import { formatShape } from "../base/ndarray.ts";
import { simplify } from "../graph/simplify.ts";
import { type Tensor, constantValue, inputName, opOf } from "../graph/tensor.ts";
import { toposort } from "../graph/traverse.ts";

/** Why kernels cannot compute some tensors, in words; null where they can. */
export function obstacle(outputs: readonly Tensor[]): string | null {
  for (const node of toposort(outputs)) {
    if (node.shape.some((extent) => typeof extent === "string")) {
      return `shapes must be known in advance - got ${formatShape(node.shape)} of ${opOf(node).name}`;
    }
    if (!isLeaf(node) && opOf(node).kernel === undefined) return `${opOf(node).name} has no kernel`;
  }
  return null;
}

/** The same tensors by ops that have kernels of their own: composites are replaced by what computes them. */
export function expand(outputs: readonly Tensor[]): Tensor[] {
  const replaced = new Map<Tensor, Tensor>();
  for (const node of toposort(outputs)) {
    const inputs = node.inputs.map((from) => replaced.get(from)!);
    const form = isLeaf(node) ? undefined : opOf(node).kernel;
    if (form !== undefined && "composite" in form) {
      const [inner] = expandComposite(form.composite(inputs, node.attrs, node));
      replaced.set(node, inner!);
    } else {
      const same = inputs.every((from, i) => from === node.inputs[i]);
      replaced.set(node, same ? node : { ...node, inputs });
    }
  }
  return simplify(outputs.map((output) => replaced.get(output)!));
}

/** A composite may be made of others. */
function expandComposite(root: Tensor): Tensor[] {
  const inside = toposort([root]).some((node) => {
    const form = isLeaf(node) ? undefined : opOf(node).kernel;
    return form !== undefined && "composite" in form;
  });
  return inside ? expand([root]) : [root];
}

function isLeaf(node: Tensor): boolean {
  return inputName(node) !== null || constantValue(node) !== null;
}
