/**
 * Characters that move the cursor, change what a terminal shows or are invisible: control characters (which start escape
 * sequences), line and paragraph separators, bidirectional formatting characters, and characters of zero width. The joiners
 * of Persian and of emoji (U+200C, U+200D) count as text.
 */
const unprintable = /[\p{Cc}\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Text that is safe for a terminal: one line of visible characters; others are escaped as in JSON. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => short[character] ?? escaped(character));
}

/** JSON text of the same value, whose strings are printable: JSON itself escapes only controls below U+0020. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(unprintable, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
