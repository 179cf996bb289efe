/** The placeholders in a pattern: `"step" | "net"` in `gradient/{step}/{net}`. */
type Places<Pattern extends string> = Pattern extends `${string}{${infer Place}}${infer Rest}`
  ? Place | Places<Rest>
  : never;

/** Names of one form, built and parsed by the same pattern. */
export interface NamePattern<Place extends string> {
  name(parts: Readonly<Record<Place, string | number>>): string;
  /** The values of the placeholders in a name; null for a name of another form. */
  parse(name: string): Readonly<Record<Place, string>> | null;
}

/** Defines names such as `gradient/{step}/{net}`. No value is empty or contains a slash; if a name is ambiguous, earlier values are shorter. */
export function namePattern<const Pattern extends string>(pattern: Pattern): NamePattern<Places<Pattern>> {
  // Alternates fixed text and placeholders, starting with text.
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
