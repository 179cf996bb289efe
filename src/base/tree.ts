/** A plain nested record. Leaves have dotted paths: `{ encoder: { weight } }` holds `encoder.weight`. */
export type Tree<T> = { readonly [name: string]: T | Tree<T> };

type IsLeaf<T> = (value: T | Tree<T>) => value is T;

/**
 * Leaves can be records themselves, so a rule must tell them from subtrees: every leaf in zaya (`NdArray`, `Tensor`) has
 * a `shape`, and no tree does.
 */
function isShaped<T>(value: T | Tree<T>): value is T {
  return typeof value !== "object" || value === null || Array.isArray((value as { shape?: unknown }).shape);
}

/** Leaves by dotted path, in insertion order. */
export function flatten<T>(tree: Tree<T>, isLeaf: IsLeaf<T> = isShaped): Map<string, T> {
  const leaves = new Map<string, T>();
  const visit = (node: Tree<T>, prefix: string): void => {
    for (const [name, value] of Object.entries(node)) {
      if (isLeaf(value)) leaves.set(prefix + name, value);
      else visit(value, `${prefix}${name}.`);
    }
  };
  visit(tree, "");
  return leaves;
}

/** The inverse of `flatten`. */
export function unflatten<T>(leaves: Iterable<readonly [string, T]>): Tree<T> {
  const root: Record<string, T | Tree<T>> = {};
  for (const [path, value] of leaves) {
    const parts = path.split(".");
    let node: Record<string, T | Tree<T>> = root;
    for (const part of parts.slice(0, -1)) node = (node[part] ??= {}) as Record<string, T | Tree<T>>;
    node[parts.at(-1)!] = value;
  }
  return root;
}

/** Maps each leaf to a new value, keeping the structure. */
export function mapTree<T, U>(tree: Tree<T>, change: (leaf: T, path: string) => U): Tree<U> {
  return unflatten([...flatten(tree)].map(([path, leaf]) => [path, change(leaf, path)] as const));
}
