import { significant } from "./digits.ts";

/** Formats an amount of memory for messages. */
export function gibibytes(bytes: number): string {
  return `${significant(bytes / 2 ** 30, 3)} GiB`;
}
