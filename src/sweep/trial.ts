import { encodeText } from "../base/json.ts";
import { Sha256 } from "../base/sha256.ts";
import type { DataSplit } from "../data/index.ts";
import type { RunConfig } from "../run/index.ts";

/** One training run of a sweep: a configuration with a seed. */
export interface Trial {
  /** Hash of everything that its results depend on; also the name of its run's folder. */
  readonly id: string;
  /** Number of its configuration, from 0. */
  readonly configuration: number;
  readonly seed: number;
  /** Contents of the run's config.json. */
  readonly config: RunConfig;
  /** Threads of the engine. */
  readonly threads: number;
  /** Fingerprints of its items: data with the same name may differ on another machine. */
  readonly fingerprints?: Fingerprints | undefined;
  /** Keys of its data in the store, by path: machines without them fetch them. */
  readonly stored?: Readonly<Record<string, string>> | undefined;
  /** The row of `zaya repro` that it belongs to, which defines its model and data. */
  readonly row?: { readonly name: string; readonly scale: string } | undefined;
}

/** Fingerprints of both splits. */
export type Fingerprints = Readonly<Record<keyof DataSplit, string>>;

/** Fingerprints of data. */
export function fingerprintsOf({ train, test }: DataSplit): Fingerprints {
  return { train: train.fingerprint, test: test.fingerprint };
}

/** Length of an id in characters: the probability of a collision among a million trials is 3e-8. */
const idLength = 16;

/**
 * The id of a trial: SHA-256 of its config, its number of threads and the fingerprints of its data. It does not
 * depend on the location of the data, so that a trial has the same id on all machines.
 */
export function trialId(config: RunConfig, threads: number, data: DataSplit): string {
  const { spec: _, second: __, dataDir: ___, ...how } = config.data;
  const { module, init, ...rest } = config;
  const identity = {
    ...rest,
    data: { ...how, ...fingerprintsOf(data) },
    ...(module && { module: module.sha256 }),
    ...(init && { init: init.sha256 }),
    threads,
  };
  return new Sha256()
    .update(encodeText(canonicalJson(identity)))
    .hex()
    .slice(0, idLength);
}

/** JSON with the keys of all objects sorted. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
