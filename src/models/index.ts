import { autoencoder } from "./autoencoder.ts";
import { betaVae } from "./beta-vae.ts";
import { categoricalVae } from "./categorical-vae.ts";
import { classifier } from "./classifier.ts";
import { iwae } from "./iwae.ts";
import { gan } from "./gan.ts";
import type { ModelDefinition } from "./model.ts";
import { vae } from "./vae.ts";

export * from "./model.ts";
export { autoencoder, betaVae, categoricalVae, classifier, gan, iwae, vae };

/** Every recipe, by the order in which `zaya list` shows them. */
export const models: readonly ModelDefinition[] = [
  vae.definition,
  betaVae.definition,
  iwae.definition,
  categoricalVae.definition,
  autoencoder.definition,
  gan.definition,
  classifier.definition,
];
