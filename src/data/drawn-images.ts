import type { Dataset } from "./dataset.ts";

/** Images drawn from a definition when they are read. */
interface DrawnParts extends Pick<Dataset, "name" | "shape" | "size" | "labels" | "read" | "factors" | "modes"> {
  /** The fingerprint of the definition. */
  digest(): string;
}

/** A data set of such images; the fingerprint is computed on first use. */
export function drawnImages<Parts extends DrawnParts>({ digest, ...parts }: Parts) {
  let known: string | undefined;
  return {
    ...parts,
    kind: "image" as const,
    skipped: [],
    get fingerprint() {
      known ??= digest();
      return known;
    },
  };
}
