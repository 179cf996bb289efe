import { threeDigits } from "../base/digits.ts";

/** `31.2 %`; 0 % and 100 % only if exact. @param others Shares next to which it is read, as in `threeDigits`. */
export function share(value: number, ...others: readonly number[]): string {
  return `${threeDigits(100 * value, ...[0, 1, ...others].map((other) => 100 * other))} %`;
}

/** `a, b and c`; of many, the first ones and a count. */
export function list(words: readonly string[], most = 8): string {
  const shown = words.length > most ? [...words.slice(0, most), `${words.length - most} more`] : words;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

/** What a discriminator scores: single items, or packs of several. */
export function judged(packing: number): string {
  return packing > 1 ? `packs of ${packing} items` : "items";
}
