/**
 * A path or name as one word of a POSIX shell's command line. A path that begins with a dash would be read as a flag, and
 * characters that a terminal does not show are written as escapes.
 */
export function shellWord(path: string): string {
  const word = path.startsWith("-") ? `./${path}` : path;
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (word.search(hidden) < 0) return `'${word.replaceAll("'", "'\\''")}'`;
  return `$'${word.replaceAll(/['\\]/g, "\\$&").replaceAll(hidden, escaped)}'`;
}

/** Characters that a terminal does not show, but for the joiners of Persian and of emoji. */
const hidden = /(?!\u200c|\u200d)[\p{Cc}\p{Cf}\u2028\u2029]/gu;

function escaped(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  return code.length > 4 ? `\\U${code.padStart(8, "0")}` : `\\u${code.padStart(4, "0")}`;
}
