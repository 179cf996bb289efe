/** The places in braces of a pattern: `"step" | "net"` of `gradient/{step}/{net}`. */
type Places<Pattern extends string> = Pattern extends `${string}{${infer Place}}${infer Rest}`
  ? Place | Places<Rest>
  : never;

/** Names of one form, built and read by the same pattern. */
export interface NamePattern<Place extends string> {
  name(parts: Readonly<Record<Place, string | number>>): string;
  /** What stands in the places of a name; null for a name of another form. */
  parse(name: string): Readonly<Record<Place, string>> | null;
}

/** Names such as `gradient/{step}/{net}`. No place is empty or holds a slash; where two readings fit, earlier places are shorter. */
export function namePattern<const Pattern extends string>(pattern: Pattern): NamePattern<Places<Pattern>> {
  // Words and places in turn, a word first.
  const words = pattern.split(/\{\w+\}/);
  const places = [...pattern.matchAll(/\{(\w+)\}/g)].map(([, place]) => place!) as Places<Pattern>[];
  const form = new RegExp(`^${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("([^/]+?)")}$`);
  return {
    name: (parts) => words.reduce((name, word, i) => name + String(parts[places[i - 1]!]) + word),
    parse: (name) => {
      const found = form.exec(name);
      if (found === null) return null;
      return Object.fromEntries(places.map((place, i) => [place, found[i + 1]!])) as Record<Places<Pattern>, string>;
    },
  };
}
