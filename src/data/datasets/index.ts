import { mnist } from "./mnist.ts";
import type { NamedDataset } from "./named.ts";
import { shapes } from "./shapes.ts";

export type { FileDataset, GeneratedDataset, NamedDataset } from "./named.ts";
export { mnist } from "./mnist.ts";
export { allShapes, shapes } from "./shapes.ts";

/** All data sets known by name. */
export const datasets: readonly NamedDataset[] = [mnist, shapes];
