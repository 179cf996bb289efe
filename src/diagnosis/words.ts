import { threeDigits } from "../base/digits.ts";

/** `31.2 %`; 0 % and 100 % only if exact. @param others Other shares in the same sentence, from which it must differ, as in `threeDigits`. */
export function share(value: number, ...others: readonly number[]): string {
  return `${threeDigits(100 * value, ...[0, 1, ...others].map((other) => 100 * other))} %`;
}

/** `a, b and c`; if there are many, the first ones and the number of the others. */
export function list(words: readonly string[], most = 8): string {
  const shown = words.length > most ? [...words.slice(0, most), `${words.length - most} more`] : words;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

/** What a discriminator scores: single items, or packs of several. */
export function scoredItems(packing: number): string {
  return packing > 1 ? `packs of ${packing} items` : "items";
}
