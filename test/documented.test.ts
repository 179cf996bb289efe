import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { describe, expect, it } from "vitest";

import { distances } from "../src/distances/index.ts";
import { metrics } from "../src/metrics/index.ts";
import { models } from "../src/models/index.ts";

const root = join(import.meta.dirname, "..");
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: Readonly<Record<string, string | { readonly types: string }>>;
};

/** A declaration with its doc comment, "" for none. */
interface Declared {
  readonly doc: string;
  readonly keyword: string;
  /** From the declaration to the end of its body. */
  readonly code: string;
}

/** Declarations of a file that are exported under their own names. */
function declaredIn(text: string): Map<string, Declared> {
  const found = new Map<string, Declared>();
  const declaration = /^export (?:abstract |async )?(const|function\*?|class|interface|type|enum) (\w+)/gm;
  for (const { 1: keyword, 2: name, index } of text.matchAll(declaration)) {
    // Of overloads the first has the comment.
    if ((found.get(name!)?.doc ?? "") !== "") continue;
    const before = text.slice(0, index).trimEnd();
    const doc = before.endsWith("*/") ? before.slice(before.lastIndexOf("/**")) : "";
    const hasBody = /^(function|class)/.test(keyword!) && !isOneLine(text, index);
    const code = text.slice(index, text.indexOf(hasBody ? "\n}" : "\n\n", index));
    found.set(name!, { doc, keyword: keyword!, code });
  }
  return found;
}

/** Whether a declaration ends on the line on which it begins. */
function isOneLine(text: string, index: number): boolean {
  return /[;}]$/.test(text.slice(index, text.indexOf("\n", index)));
}

/** Names that a room exports, each as it is declared. */
function exportedFrom(file: string): Map<string, Declared> {
  const text = readFileSync(file, "utf8");
  const found = declaredIn(text);
  const open = (path: string) => exportedFrom(join(dirname(file), path));
  const add = (names: string, there: (name: string) => Declared | undefined) => {
    for (const part of names.split(",").map((word) => word.trim().replace(/^type /, ""))) {
      if (part === "") continue;
      const [name, alias = name] = part.split(" as ");
      found.set(alias!, there(name!) ?? { doc: "", keyword: "", code: "" });
    }
  };
  for (const [, path] of text.matchAll(/^export (?:type )?\* from "([^"]+)"/gm))
    for (const [name, declared] of open(path!)) found.set(name, declared);
  // What a package exports is documented there.
  for (const [, names, path] of text.matchAll(/^export (?:type )?\{([^}]*)\} from "(\.[^"]+)"/gm)) {
    const there = open(path!);
    add(names!, (name) => there.get(name));
  }
  const imported = [...text.matchAll(/^import (?:type )?\{([^}]*)\} from "(\.[^"]+)"/gm)];
  for (const [, names] of text.matchAll(/^export \{([^}]*)\};/gm)) {
    add(names!, (name) => {
      const from = imported.find(([, own]) => own!.split(",").some((word) => word.trim() === name));
      return from === undefined ? undefined : open(from[2]!).get(name);
    });
  }
  return found;
}

const rooms = Object.entries(exports).flatMap(([name, entry]) => {
  if (typeof entry === "string") return [];
  return [{ name, found: exportedFrom(join(root, entry.types.replace("./dist/", "src/").replace(".d.ts", ".ts"))) }];
});

describe.each(rooms)("$name", ({ found }) => {
  const named = (wrong: (declared: Declared) => boolean) =>
    [...found].filter(([, declared]) => wrong(declared)).map(([name]) => name);

  it("has a doc comment on every export", () => {
    expect(found.size).toBeGreaterThan(0);
    expect(named(({ doc }) => doc === "")).toEqual([]);
  });

  it("says of every export that throws what it throws", () => {
    expect(named(({ doc, code }) => /\bthrow\b/.test(code) && !doc.includes("@throws"))).toEqual([]);
  });

  it("says of every function of arrays or tensors which shapes they have", () => {
    const takesArrays = ({ keyword, code }: Declared) =>
      keyword.startsWith("function") &&
      /\b(NdArray|Float64Array|Float32Array|Int32Array|Tensor|Points)\b/.test(
        code.slice(0, code.search(/\)[^(]*\{\n|;\n/)),
      );
    expect(named((declared) => takesArrays(declared) && !/\[[^\]]*\]|shape|scalar/i.test(declared.doc))).toEqual([]);
  });
});

it.each([...models, ...metrics, ...distances].map(({ name, source }) => ({ name, source })))(
  "quotes the source of $name in its doc comment",
  ({ name, source }) => {
    const camel = name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    const docs = rooms
      .filter(({ name: room }) => ["./models", "./metrics", "./distances"].includes(room))
      .flatMap(({ found }) => found.get(camel)?.doc ?? [])
      .map((doc) => doc.replace(/\n \* /g, " "));
    expect(docs.some((doc) => sourcesIn(doc).includes(firstPaper(source)))).toBe(true);
  },
);

/** What follows `@source`. */
function sourcesIn(doc: string): string {
  return /@source ([\s\S]*)/.exec(doc)?.[1] ?? "";
}

/** The first of several papers; the comment may say more of it, such as its title. */
function firstPaper(source: string): string {
  return source.split(";")[0]!;
}

/** Closed forms and plain statistics, which no paper has to be named for. */
const textbook = [
  "addValues",
  "gaussianKernel",
  "emptyMean",
  "mergeMeans",
  "monteCarlo",
  "noBaseline",
  "normalJs1d",
  "normalJs1dGradient",
  "normalKl1d",
  "normalLogDensity",
  "normalW1d",
  "standardError",
  "varianceOf",
];

it.each(["./objectives", "./divergences", "./estimators"])("names the source of each function of %s", (room) => {
  const { found } = rooms.find(({ name }) => name === room)!;
  const functions = [...found].filter(
    ([name, { keyword }]) => /^(const|function)/.test(keyword) && !textbook.includes(name),
  );
  expect(functions.length).toBeGreaterThan(0);
  expect(functions.filter(([, { doc }]) => !doc.includes("@source")).map(([name]) => name)).toEqual([]);
});
