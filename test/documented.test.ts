import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: Readonly<Record<string, string | { readonly types: string }>>;
};

/** Declarations of a file that are exported under their own names, and whether a doc comment precedes each. */
function declaredIn(text: string): Map<string, boolean> {
  const found = new Map<string, boolean>();
  const declaration = /^export (?:abstract |async )?(?:const|function|class|interface|type|enum) (\w+)/gm;
  for (const { 1: name, index } of text.matchAll(declaration)) {
    // Of overloads the first has the comment.
    if (!found.get(name!)) found.set(name!, text.slice(0, index).trimEnd().endsWith("*/"));
  }
  return found;
}

/** Names that a room exports, each with whether it is documented where it is declared. */
function exportedFrom(file: string): Map<string, boolean> {
  const text = readFileSync(file, "utf8");
  const found = declaredIn(text);
  const open = (path: string) => exportedFrom(join(dirname(file), path));
  for (const [, path] of text.matchAll(/^export \* from "([^"]+)"/gm))
    for (const [name, isDocumented] of open(path!)) found.set(name, isDocumented);
  // What a package exports is documented there.
  for (const [, names, path] of text.matchAll(/^export (?:type )?\{([^}]*)\} from "(\.[^"]+)"/gm)) {
    const there = open(path!);
    for (const part of names!.split(",").map((word) => word.trim().replace(/^type /, ""))) {
      if (part === "") continue;
      const [name, alias = name] = part.split(" as ");
      found.set(alias!, there.get(name!) ?? false);
    }
  }
  return found;
}

it.each(Object.entries(exports).filter(([, entry]) => typeof entry !== "string"))(
  "has a doc comment on every export of %s",
  (_, entry) => {
    const { types } = entry as { readonly types: string };
    const found = exportedFrom(join(root, types.replace("./dist/", "src/").replace(".d.ts", ".ts")));
    expect(found.size).toBeGreaterThan(0);
    expect([...found].filter(([, isDocumented]) => !isDocumented).map(([name]) => name)).toEqual([]);
  },
);
