import { mnist } from "./mnist.ts";
import type { NamedDataset } from "./named.ts";

export type { NamedDataset } from "./named.ts";
export { mnist } from "./mnist.ts";

/** All data sets known by name. */
export const datasets: readonly NamedDataset[] = [mnist];
