import { minOf } from "../../base/many.ts";
import { changeFor } from "../changes.ts";
import { collapsed } from "./complete-collapse.ts";
import { currentSnapshots, nearShare } from "../current-snapshots.ts";
import type { Evidence, SampleSnapshot, Symptom } from "../symptom.ts";
import { totalVariation } from "../series.ts";
import { list, share } from "../words.ts";

/** Share of samples of a kind, relative to its share of real items, below which the kind counts as missing. */
const missedBelow = 0.1;
/** Minimum share of samples near real items at which missing kinds count as collapse rather than low fidelity. */
const enoughNear = 0.5;
/** Total share of real items above which missing kinds are reported. Missing declared modes are always reported. */
const minMissedShare = 0.1;
/**
 * Total variation distance between the shares of modes or classes among realistic samples and among real items (the share of
 * samples that would have to change) above which most samples are of a few kinds. A model of three digits out of ten has 56 % and
 * more, healthy ones up to 20 %.
 */
const maxMisplaced = 0.4;
/** Minimum expected number of realistic samples of a kind for which finding none is significant. */
const minExpected = 20;

const name = "partial-collapse";

export const partialCollapse: Symptom = {
  name,
  summary: "some modes of the data are missing from the samples",
  needs: "an adversarial model, two snapshots of samples, and data with declared modes or enough items to cluster",
  warmUp: 0.5,
  check: (evidence) => {
    const snapshots = currentSnapshots(evidence);
    if (evidence.places === null || snapshots === null) return null;
    const counts = [byKind(evidence, snapshots), byPlace(evidence, snapshots)].flatMap((count) => count ?? []);
    const worst = counts.find(matters) ?? counts[0]!;
    const { missed, held, near, misplaced } = worst;
    const sign = {
      evidence: `${worst.counted}; ${missedWords(worst)}`,
      values: {
        near,
        places: worst.shares.length,
        missed: missed.length,
        held,
        ...(misplaced !== null && { misplaced }),
      },
    };
    if (!matters(worst) || snapshots.every(collapsed)) return { present: false, ...sign };
    return { present: true, ...sign, change: (setup) => changeFor(name, setup) };
  },
};

/** Shares of each kind of real items among the samples. */
interface Count {
  readonly what: string;
  readonly names: readonly string[];
  /** Of real items. */
  readonly shares: Float64Array;
  /** Kinds missing in every snapshot: a mode that is missing only at times does not count. */
  readonly missed: readonly number[];
  /** Share of real items of the missing kinds, and its threshold. */
  readonly held: number;
  readonly minHeld: number;
  /** Share of realistic samples that would have to be of another kind; null if not checked. */
  readonly misplaced: number | null;
  /** Share of samples near real items, and its threshold. */
  readonly near: number;
  readonly minNear: number;
  /** Describes which samples are counted. */
  readonly counted: string;
}

function matters({ missed, held, minHeld, misplaced, near, minNear }: Count): boolean {
  return near >= minNear && ((missed.length > 0 && held >= minHeld) || (misplaced ?? 0) >= maxMisplaced);
}

/** Of the newest snapshot. */
function nearOf(snapshots: readonly SampleSnapshot[]): Pick<Count, "near" | "counted"> {
  const near = nearShare(snapshots.at(-1)!);
  return {
    near,
    counted: `${share(near, enoughNear)} of samples are near real items (required: ${share(enoughNear)})`,
  };
}

/**
 * Counts by declared modes or classes, over realistic samples only: samples between modes belong to none, and clusters
 * of images reflect their appearance rather than their class. Null if there are too few samples to tell a rare kind
 * from a missing one.
 */
function byKind({ places, sampleCount }: Evidence, snapshots: readonly SampleSnapshot[]): Count | null {
  const kinds = places?.kinds ?? null;
  if (kinds === null || snapshots.some((snapshot) => snapshot.kinds.length !== kinds.shares.length)) return null;
  const realistic = snapshots.map((snapshot) => snapshot.kinds.reduce((sum, each) => sum + each, 0));
  const scoredItems = [...kinds.shares.keys()].filter((kind) =>
    realistic.every((all) => kinds.shares[kind]! * all * sampleCount >= minExpected),
  );
  if (scoredItems.length < 2) return null;
  const missed = scoredItems.filter((kind) =>
    snapshots.every((snapshot, i) => snapshot.kinds[kind]! < missedBelow * kinds.shares[kind]! * realistic[i]!),
  );
  const modes = kinds.what === "modes";
  const distances = snapshots.map((snapshot, i) =>
    totalVariation(
      kinds.shares,
      snapshot.kinds.map((each) => each / realistic[i]!),
    ),
  );
  return {
    ...kinds,
    misplaced: minOf(distances),
    missed,
    held: heldBy(missed, kinds.shares),
    minHeld: modes ? 0 : minMissedShare,
    ...nearOf(snapshots),
    minNear: enoughNear,
    // A sufficient number of high-quality samples is enough, wherever the others lie.
    ...(modes && {
      minNear: 0,
      counted: `${share(realistic.at(-1)!)} of samples are high-quality (required: ${minExpected} expected per mode)`,
    }),
  };
}

/** Counts by the nearest mode or cluster, over the samples near it. */
function byPlace({ places }: Evidence, snapshots: readonly SampleSnapshot[]): Count {
  const { shares, names, declared } = places!;
  const missed = [...shares.keys()].filter((place) =>
    snapshots.every((snapshot) => snapshot.near[place]! < missedBelow * shares[place]! * nearShare(snapshot)),
  );
  return {
    what: declared ? "modes" : "clusters of real items",
    names,
    shares,
    missed,
    held: heldBy(missed, shares),
    misplaced: null,
    minHeld: declared ? 0 : minMissedShare,
    ...nearOf(snapshots),
    minNear: enoughNear,
  };
}

function heldBy(kinds: readonly number[], shares: Float64Array): number {
  return kinds.reduce((sum, kind) => sum + shares[kind]!, 0);
}

function missedWords({ what, names, shares, missed, held, minHeld, misplaced }: Count): string {
  const all = `${shares.length} ${what}`;
  const moved =
    misplaced === null
      ? ""
      : `; the shares of samples differ from those of real items by ${share(misplaced, maxMisplaced)} in total variation (collapse: at least ${share(maxMisplaced)})`;
  if (missed.length === 0) return `each of ${all} has at least ${share(missedBelow)} of its expected share${moved}`;
  const which = list(missed.map((kind) => names[kind]!));
  const matter = minHeld === 0 ? "" : ` (required: ${share(minHeld)})`;
  const [have, their] = missed.length === 1 ? ["has", "its"] : ["have", "their"];
  return `${missed.length} of ${all} ${have} less than ${share(missedBelow)} of ${their} expected share: ${which}, with ${share(held, minMissedShare)} of real items${matter}${moved}`;
}
