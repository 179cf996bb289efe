/**
 * Quotes a path or name as one word for a POSIX shell. A leading dash is protected, since it would start a flag, and
 * characters that are invisible in a terminal are escaped.
 */
export function shellWord(path: string): string {
  const word = path.startsWith("-") ? `./${path}` : path;
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (word.search(hidden) < 0) return `'${word.replaceAll("'", "'\\''")}'`;
  return `$'${word.replaceAll(/['\\]/g, "\\$&").replaceAll(hidden, escaped)}'`;
}

/** Characters that are invisible in a terminal, except for the joiners used in Persian and in emoji. */
const hidden = /(?!\u200c|\u200d)[\p{Cc}\p{Cf}\u2028\u2029]/gu;

function escaped(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  return code.length > 4 ? `\\U${code.padStart(8, "0")}` : `\\u${code.padStart(4, "0")}`;
}
