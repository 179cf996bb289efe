import type { Accesses, Width } from "./emit-access.ts";
import type { LoopNest } from "./loops.ts";
import { type Applied, type Load, type Node, operandsOf } from "./scalars.ts";
import type { FunctionBuilder, Local } from "./wasm.ts";

/** One of the two vectors of a pair, by the index of its first lane. */
type First = 0 | 4;

/** Emits a kernel's nodes: each is computed once, and kept in a local if it is used again. */
export class NodeWriter {
  /** Nodes whose local holds their value at this point. */
  computed = new Set<Node>();
  private readonly uses = new Map<Node, number>();
  private readonly locals = new Map<Node, Local>();
  /** Values of the second vector of a pair; values common to both vectors are among those of the first. */
  private readonly seconds = new Map<Node, Local>();

  constructor(
    private readonly code: FunctionBuilder,
    private readonly memory: Accesses,
    private readonly nest: LoopNest,
    nodes: readonly Node[],
  ) {
    for (const node of nodes) {
      for (const operand of operandsOf(node)) this.uses.set(operand, (this.uses.get(operand) ?? 0) + 1);
    }
  }

  compute(node: Node, width: Width): void {
    if (this.computed.has(node)) return;
    this.push(node, width);
    this.code.set(this.localOf(node));
    this.computed.add(node);
  }

  /** Computes nodes for two vectors, each operation for the first vector and then for the second. */
  computePair(nodes: readonly Node[]): void {
    const shared = this.computed;
    this.computed = new Set(shared);
    this.seconds.clear();
    for (const node of shared) this.seconds.set(node, this.localOf(node));
    for (const node of nodes) this.pair(node);
  }

  localOf(node: Node, first: First = 0): Local {
    const locals = first === 0 ? this.locals : this.seconds;
    let local = locals.get(node);
    if (local === undefined) locals.set(node, (local = this.code.local("v128")));
    return local;
  }

  private pair(node: Node): void {
    if (this.computed.has(node)) return;
    const { code } = this;
    for (const operand of operandsOf(node)) this.pair(operand);
    for (const first of [0, 4] as const) {
      if (node.kind === "applied") {
        for (const operand of node.operands) code.get(this.localOf(operand, first));
        operate(code, node);
      } else this.pushLeaf(node, 4, first);
      code.set(this.localOf(node, first));
    }
    this.computed.add(node);
  }

  private push(node: Node, width: Width): void {
    const { code } = this;
    if (this.computed.has(node)) {
      code.get(this.localOf(node));
      return;
    }
    if (node.kind === "applied") {
      for (const operand of node.operands) this.push(operand, width);
      operate(code, node);
    } else this.pushLeaf(node, width, 0);
    if ((this.uses.get(node) ?? 0) > 1) {
      code.tee(this.localOf(node));
      this.computed.add(node);
    }
  }

  private pushLeaf(node: Exclude<Node, Applied>, width: Width, first: First): void {
    if (node.kind === "constant") this.code.v128(node.bytes);
    else this.memory.pushLoad(this.nest.loads.get(node)!, node.type as Load["type"], width, first);
  }
}

/** Emits the instruction of a node, whose operands are on the stack. */
export function operate(code: FunctionBuilder, { op, lanes, immediate }: Applied): void {
  if (lanes !== undefined) code.shuffle(lanes);
  else if (immediate !== undefined) code.i32(immediate).op(op);
  else code.op(op);
}
