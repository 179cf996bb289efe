import type { ModelDefinition } from "./model.ts";
import { vae } from "./vae.ts";

export * from "./model.ts";
export { vae };

/** Every recipe, by the order in which `zaya list` shows them. */
export const models: readonly ModelDefinition[] = [vae.definition];
