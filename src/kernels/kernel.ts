import { type Shape, formatShape } from "../base/ndarray.ts";
import { remembered } from "../base/remembered.ts";
import { type View, viewKey } from "../graph/view.ts";
import { type Node, neededFor } from "./scalars.ts";

/** A value that is written for each element. */
export interface Store {
  readonly view: View;
  readonly value: Node;
}

/** A value that is reduced over the reduced axes, along which the view has stride 0. */
export interface Fold {
  readonly combine: "sum" | "max";
  readonly value: Node;
  readonly view: View;
}

/**
 * One pass over memory: for each of `size` elements it loads values, computes, stores and accumulates. Views may have any shape of
 * that size; elements correspond in row-major order.
 */
export interface Kernel {
  readonly size: number;
  readonly stores: readonly Store[];
  readonly folds: readonly Fold[];
  /** The axes of a shape that all folds reduce. */
  readonly reduced: { readonly shape: Shape; readonly axes: readonly number[] } | null;
}

/** All nodes that a finished kernel computes, operands first. */
export const nodesOf = remembered(({ stores, folds }: Kernel): readonly Node[] =>
  neededFor([...stores, ...folds].map(({ value }) => value)),
);

/** A kernel as text: one line for each load, operation and store. */
export function printKernel(kernel: Kernel, nameOf: (source: object) => string): string {
  const names = new Map<Node, string>();
  const lines: string[] = [];
  for (const node of nodesOf(kernel)) {
    if (node.kind === "constant") {
      names.set(node, node.text);
      continue;
    }
    const name = `%${names.size}`;
    names.set(node, name);
    if (node.kind === "load") lines.push(`${name} = load ${node.type} ${viewKey(node.view, nameOf)}`);
    else {
      let line = `${name} = ${node.op}`;
      if (node.immediate !== undefined) line += ` ${node.immediate}`;
      else if (node.lanes !== undefined) line += ` [${node.lanes.join(" ")}]`;
      for (const [i, operand] of node.operands.entries()) line += `${i === 0 ? " " : ", "}${names.get(operand)}`;
      lines.push(line);
    }
  }
  const stores = kernel.stores.map(({ view, value }) => `store ${viewKey(view, nameOf)} = ${names.get(value)}`);
  const folds = kernel.folds.map(
    ({ combine, view, value }) => `${combine} ${viewKey(view, nameOf)} = ${names.get(value)}`,
  );
  const { reduced } = kernel;
  const over = reduced === null ? "" : ` over axes ${reduced.axes.join(", ")} of ${formatShape(reduced.shape)}`;
  return [`for ${kernel.size} places${over}`, ...[...lines, ...stores, ...folds].map((line) => `  ${line}`)].join("\n");
}
