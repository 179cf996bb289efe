// What the server and the page say to each other: types alone, which both import. They name nothing of other rooms, so that
// the page is compiled without these.

export type RunStatus = "running" | "done" | "interrupted" | "diverged" | "failed" | "broken";

/** A row of the table of runs. */
export interface RunRow {
  /** The run's folder under the served one, with slashes; `.` for the served folder itself. */
  readonly id: string;
  readonly status: RunStatus;
  /** Why it ended so, or cannot be read. */
  readonly reason: string | null;
  readonly recipe: string | null;
  readonly step: number;
  /** Planned steps; 0 where not known. */
  readonly steps: number;
  /** ISO 8601. */
  readonly started: string | null;
  /** Of training, over all sessions. */
  readonly seconds: number;
  /** Entries of config.json by dotted path. */
  readonly config: Readonly<Record<string, Scalar>>;
  /** Values of the results in eval/, by metric. */
  readonly results: Readonly<Record<string, number | null>>;
  readonly warnings: number;
}

export type Scalar = string | number | boolean | null;

/** What a run's page shows, except for its scalars. */
export interface RunPage {
  readonly row: RunRow;
  readonly warnings: readonly WarningCard[];
  readonly results: readonly ResultRow[];
  /** Sample grids in the order of their steps. */
  readonly samples: readonly Snapshot[];
  /** Real items in the same layout; null where there is no picture of them. */
  readonly reals: string | null;
  /** Other pictures, by file. */
  readonly pictures: readonly string[];
  /** ONNX files, by file. */
  readonly exports: readonly string[];
  readonly report: boolean;
  /** Whether this server can stop or resume it. */
  readonly control: "stop" | "resume" | null;
}

export interface WarningCard {
  readonly step: number;
  readonly symptom: string;
  readonly evidence: string;
  readonly hint: string;
}

export interface ResultRow {
  readonly label: string;
  readonly value: number | null;
  readonly interval: readonly [low: number | null, high: number | null];
  /** What real items get; null where that is not known. */
  readonly floor: number | null;
  readonly perfect: string;
  readonly n: number;
  readonly unit: string;
}

export interface Snapshot {
  readonly step: number;
  readonly file: string;
}

/** One scalar over the steps: as it was logged, or the range of values in each of some intervals of steps. */
export interface Series {
  readonly split: "train" | "test";
  readonly name: string;
  readonly steps: readonly number[];
  /** The last value of each interval; null where it was not finite. */
  readonly values: readonly (number | null)[];
  /** The least and largest of each interval, where it holds more than one. */
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
}

export interface Scalars {
  readonly series: readonly Series[];
  /** Bytes of metrics.jsonl read so far: where to follow it from. */
  readonly from: number;
}

/** A new line of metrics.jsonl. */
export type NewScalar = readonly [split: "train" | "test", name: string, step: number, value: number | null];

/** Events of `/api/follow`. */
export interface FollowEvents {
  readonly scalars: readonly NewScalar[];
  /** The run was reset to an earlier step: everything must be read again. */
  readonly reset: null;
  readonly page: RunPage;
}

/** Fields of a recipe, for the form that starts a training. */
export interface RecipeForm {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly Field[];
}

export interface Field {
  readonly name: string;
  readonly doc: string;
  /** Null where it may be left out. */
  readonly initial: unknown;
  readonly choices: readonly string[] | null;
}

/** What the form sends: everything as the words of flags. */
export interface TrainRequest {
  readonly recipe: string;
  readonly data: string;
  /** Flags without dashes, and their words. */
  readonly flags: Readonly<Record<string, string>>;
}

export interface Forms {
  readonly recipes: readonly RecipeForm[];
  readonly training: readonly Field[];
  readonly data: readonly Field[];
  readonly datasets: readonly string[];
  readonly readOnly: boolean;
}
