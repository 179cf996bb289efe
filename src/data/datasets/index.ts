import { digitsColoured } from "./digits-coloured.ts";
import { digitsInverted } from "./digits-inverted.ts";
import { digitsOutlined } from "./digits-outlined.ts";
import { digitsRotated } from "./digits-rotated.ts";
import { emoji } from "./emoji.ts";
import { fashionMnist } from "./fashion-mnist.ts";
import { grid25 } from "./grid25.ts";
import { mixture1200 } from "./mixture1200.ts";
import { mnist } from "./mnist.ts";
import { moons } from "./moons.ts";
import type { DataFact, NamedDataset } from "./named.ts";
import { ring8 } from "./ring8.ts";
import { shapes } from "./shapes.ts";
import { stackedMnist } from "./stacked-mnist.ts";
import { swissRoll } from "./swiss-roll.ts";

export type {
  DataFact,
  DrawnDataset,
  FileDataset,
  FilesHome,
  GeneratedDataset,
  NamedDataset,
  PictureDataset,
} from "./named.ts";
export { digitsColoured } from "./digits-coloured.ts";
export { digitsInverted } from "./digits-inverted.ts";
export { digitsOutlined } from "./digits-outlined.ts";
export { digitsRotated } from "./digits-rotated.ts";
export { emoji } from "./emoji.ts";
export { fashionMnist } from "./fashion-mnist.ts";
export { grid25 } from "./grid25.ts";
export { mixture1200 } from "./mixture1200.ts";
export { mnist } from "./mnist.ts";
export { moons } from "./moons.ts";
export { ring8 } from "./ring8.ts";
export { allShapes, shapes } from "./shapes.ts";
export { stackedMnist } from "./stacked-mnist.ts";
export { swissRoll } from "./swiss-roll.ts";

/** All built-in data sets. */
export const datasets: readonly NamedDataset[] = [
  mnist,
  fashionMnist,
  stackedMnist,
  digitsInverted,
  digitsRotated,
  digitsOutlined,
  digitsColoured,
  emoji,
  shapes,
  ring8,
  grid25,
  mixture1200,
  swissRoll,
  moons,
];

/** Names of the data sets that declare a property of their items: `mnist, fashion-mnist`. */
export function dataWith(fact: DataFact): string {
  return datasets.flatMap(({ name, declares }) => (declares.includes(fact) ? [name] : [])).join(", ");
}
