import { significant } from "./digits.ts";

/** Bytes in words, so that the user can tell whether memory would suffice. */
export function gibibytes(bytes: number): string {
  return `${significant(bytes / 2 ** 30, 3)} GiB`;
}
