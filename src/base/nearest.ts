import { closest, distance } from "fastest-levenshtein";

/** The most similar word, or null if none is close. */
export function nearest(word: string, words: readonly string[]): string | null {
  if (words.length === 0) return null;
  const found = closest(word, words);
  return distance(word, found) <= Math.max(2, Math.floor(found.length / 3)) ? found : null;
}

/** `did you mean vae?`, or the list of all words. */
export function suggestion(word: string, words: readonly string[], kind: string): string {
  const found = nearest(word, words);
  return found === null ? `known ${kind}: ${words.join(", ")}` : `did you mean ${found}?`;
}
