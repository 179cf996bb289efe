/**
 * A tree over numbered nodes, the last of which is the root: parents, depths, and the children of each node as a linked list in
 * arrays. -1 stands for no node.
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

  /** Attaches a node without a parent. Depths below it are not updated. */
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

  /** The lowest common ancestor of two nodes. */
  join(a: number, b: number): number {
    const { parent, depth } = this;
    while (a !== b) {
      if (depth[a]! >= depth[b]!) a = parent[a]!;
      else b = parent[b]!;
    }
    return a;
  }
}
