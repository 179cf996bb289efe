import { significant } from "./digits.ts";

/** Bytes in words, for a person who is to judge whether memory would do. */
export function gibibytes(bytes: number): string {
  return `${significant(bytes / 2 ** 30, 3)} GiB`;
}
