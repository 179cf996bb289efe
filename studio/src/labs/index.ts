import { arena } from "./arena.ts";
import { collapseClinic } from "./collapse-clinic.ts";
import { disentanglement } from "./disentanglement.ts";
import { divergences } from "./divergences.ts";
import { dyingRelu } from "./dying-relu.ts";
import { earthMover } from "./earth-mover.ts";
import { estimators } from "./estimators.ts";
import { gumbelSoftmax } from "./gumbel-softmax.ts";
import type { Lab } from "./lab.ts";
import { littleData } from "./little-data.ts";
import { translation } from "./translation.ts";
import { vaeOrGan } from "./vae-or-gan.ts";
import { vaeWorkbench } from "./vae.ts";

/** All labs, in the order of the course. */
export const labs: readonly Lab[] = [
  estimators,
  gumbelSoftmax,
  vaeWorkbench,
  disentanglement,
  arena,
  collapseClinic,
  dyingRelu,
  divergences,
  earthMover,
  vaeOrGan,
  translation,
  littleData,
];

/** The lab that the gallery opens on. */
export const first: Lab = arena;
