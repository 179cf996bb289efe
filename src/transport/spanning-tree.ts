/**
 * A tree over numbered nodes whose root is the last: parents, depths, and each node's children as a list through arrays.
 * -1 is no node.
 */
export class SpanningTree {
  readonly root: number;
  readonly parent: Int32Array;
  readonly depth: Int32Array;
  readonly firstChild: Int32Array;
  readonly nextSibling: Int32Array;
  private readonly previousSibling: Int32Array;

  /** @param size Nodes excluding the root; none is attached at first. */
  constructor(readonly size: number) {
    this.root = size;
    const none = () => new Int32Array(size + 1).fill(-1);
    this.parent = none();
    this.firstChild = none();
    this.nextSibling = none();
    this.previousSibling = none();
    this.depth = new Int32Array(size + 1);
  }

  /** Hangs a node that hangs nowhere. Depths below it are not touched. */
  attach(node: number, parent: number): void {
    const next = this.firstChild[parent]!;
    this.parent[node] = parent;
    this.previousSibling[node] = -1;
    this.nextSibling[node] = next;
    if (next >= 0) this.previousSibling[next] = node;
    this.firstChild[parent] = node;
  }

  detach(node: number): void {
    const previous = this.previousSibling[node]!;
    const next = this.nextSibling[node]!;
    if (previous >= 0) this.nextSibling[previous] = next;
    else this.firstChild[this.parent[node]!] = next;
    if (next >= 0) this.previousSibling[next] = previous;
  }

  /** The first node that the ways of two nodes to the root share. */
  join(a: number, b: number): number {
    const { parent, depth } = this;
    while (a !== b) {
      if (depth[a]! >= depth[b]!) a = parent[a]!;
      else b = parent[b]!;
    }
    return a;
  }
}
