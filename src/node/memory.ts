import { freemem } from "node:os";

/** Fraction of the free memory that may be used; the rest is reserved for other parts of the program. */
const used = 0.9;

/** Bytes that this process may still allocate, respecting the limits of its container. */
export function availableMemory(): number {
  return Math.floor(used * (process.availableMemory?.() ?? freemem()));
}
