import { type NdArray, sizeOf } from "../base/ndarray.ts";
import { type Key, fold } from "../base/random.ts";
import { type Dataset, type Sides, somePlaces } from "../data/index.ts";
import type { TrainedModel } from "../trained/trained.ts";
import { directionsOf, endsOf } from "../trained/ways.ts";
import { type Snapshots, meanDistance } from "./sample-snapshots.ts";
import type { Diversity, SampleSnapshot } from "./symptom.ts";

/** Images of each domain; image-to-image nets take long. */
const looked = 32;

/** Snapshots of the translations of fixed images, compared with real images of the target domain. */
export class TranslationSnapshots implements Snapshots {
  readonly places = null;
  readonly spread: number;
  /** Mean distance between two real images, by domain. */
  private readonly distances: ReadonlyMap<Dataset, number>;
  private readonly seed: Key;

  constructor(
    private readonly sides: Sides,
    seed: Key,
  ) {
    this.seed = fold(seed, "translation looks");
    const [a, b] = [sides.a, sides.b].map((side) => meanDistance(this.images(side))) as [number, number];
    this.distances = new Map([
      [sides.a, a],
      [sides.b, b],
    ]);
    this.spread = (a + b) / 2 / Math.sqrt(sizeOf(sides.a.shape));
  }

  async snapshot(trained: TrainedModel, step: number): Promise<SampleSnapshot> {
    const diversity: Diversity[] = [];
    for (const way of directionsOf(trained.model)) {
      const { source, target } = endsOf(this.sides, way);
      const made = await trained.translate(this.images(source), way);
      diversity.push({ way, value: meanDistance(made) / this.distances.get(target)! });
    }
    return { step, diversity, nearest: [], near: [], fidelity: null, kinds: [] };
  }

  private images(side: Dataset): NdArray {
    return side.read(somePlaces(side, looked, this.seed));
  }
}
