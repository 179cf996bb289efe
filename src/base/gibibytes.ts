/** Bytes in words, for a person who is to judge whether memory would do. */
export function gibibytes(bytes: number): string {
  return `${Number((bytes / 2 ** 30).toPrecision(3))} GiB`;
}
