import { type NdArray, sizeOf } from "../base/ndarray.ts";
import { type Key, fold } from "../base/random.ts";
import { type Dataset, type Sides, subsampleIndices } from "../data/index.ts";
import type { TrainedModel } from "../trained/trained.ts";
import { directionsOf, endsOf } from "../trained/ways.ts";
import { type Snapshots, meanDistance } from "./sample-snapshots.ts";
import type { Diversity, SampleSnapshot } from "./symptom.ts";

/** Images of each domain; image-to-image nets are slow. */
const looked = 32;

/** Snapshots of the translations of fixed images, compared with real images of the target domain. */
export class TranslationSnapshots implements Snapshots {
  readonly places = null;

  private constructor(
    private readonly sides: Sides,
    readonly spread: number,
    /** Mean distance between two real images, by domain. */
    private readonly distances: ReadonlyMap<Dataset, number>,
    private readonly seed: Key,
  ) {}

  static async open(sides: Sides, seed: Key): Promise<TranslationSnapshots> {
    const own = fold(seed, "translation looks");
    const distanceIn = async (side: Dataset) => meanDistance(await imagesOf(side, own));
    const [a, b] = [await distanceIn(sides.a), await distanceIn(sides.b)];
    const distances = new Map([
      [sides.a, a],
      [sides.b, b],
    ]);
    return new TranslationSnapshots(sides, (a + b) / 2 / Math.sqrt(sizeOf(sides.a.shape)), distances, own);
  }

  async snapshot(trained: TrainedModel, step: number): Promise<SampleSnapshot> {
    const diversity: Diversity[] = [];
    for (const way of directionsOf(trained.model)) {
      const { source, target } = endsOf(this.sides, way);
      const made = await trained.translate(await imagesOf(source, this.seed), way);
      diversity.push({ way, value: meanDistance(made) / this.distances.get(target)! });
    }
    return { step, diversity, nearest: [], near: [], fidelity: null, kinds: [] };
  }
}

function imagesOf(side: Dataset, seed: Key): Promise<NdArray> {
  return side.read(subsampleIndices(side, looked, seed));
}
