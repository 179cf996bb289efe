import { adagan } from "./adagan.ts";
import { autoencoder } from "./autoencoder.ts";
import { betaVae } from "./beta-vae.ts";
import { categoricalVae } from "./categorical-vae.ts";
import { classifier } from "./classifier.ts";
import { cyclegan } from "./cyclegan.ts";
import { iwae } from "./iwae.ts";
import { gan } from "./gan.ts";
import type { ModelDefinition } from "./model.ts";
import { pacgan } from "./pacgan.ts";
import { pix2pix } from "./pix2pix.ts";
import { unrolledGan } from "./unrolled-gan.ts";
import { vae } from "./vae.ts";
import { veegan } from "./veegan.ts";
import { wganGp } from "./wgan-gp.ts";
import { wgan } from "./wgan.ts";

export * from "./model.ts";
// For the options of custom recipes: `parseOptions` recognises only the schemas of this copy of zod.
export { z } from "zod";
export {
  choiceField,
  choiceListField,
  integerField,
  integerListField,
  numberField,
  numberListField,
  textField,
} from "../base/options.ts";
export { inUnits, isInUnits } from "./point-units.ts";
export type * from "./option-types.ts";
export {
  adagan,
  autoencoder,
  betaVae,
  categoricalVae,
  classifier,
  cyclegan,
  gan,
  iwae,
  pacgan,
  pix2pix,
  unrolledGan,
  vae,
  veegan,
  wgan,
  wganGp,
};

/** Names of the recipes that translate images from one domain to another. */
export function translatingRecipes(): string[] {
  return models.flatMap(({ name, learnsFrom = "items" }) => (learnsFrom === "items" ? [] : [name]));
}

/** Every recipe, in the order of `zaya list`. */
export const models: readonly ModelDefinition[] = [
  vae.definition,
  betaVae.definition,
  iwae.definition,
  categoricalVae.definition,
  autoencoder.definition,
  gan.definition,
  wgan.definition,
  wganGp.definition,
  unrolledGan.definition,
  veegan.definition,
  adagan.definition,
  pacgan.definition,
  cyclegan.definition,
  pix2pix.definition,
  classifier.definition,
];
