// Types of the messages between server and page, imported by both. They do not refer to other rooms, so that the page can be
// compiled without them.

export type RunStatus = "running" | "done" | "interrupted" | "diverged" | "failed" | "broken";

/** A row of the table of runs. */
export interface RunRow {
  /** The run's folder under the served one, with slashes; `.` for the served folder itself. */
  readonly id: string;
  readonly status: RunStatus;
  /** Why it ended with this status, or cannot be read. */
  readonly reason: string | null;
  readonly recipe: string | null;
  readonly step: number;
  /** Planned steps; 0 if unknown. */
  readonly steps: number;
  /** ISO 8601. */
  readonly started: string | null;
  /** Training time in seconds, over all sessions. */
  readonly seconds: number;
  /** Entries of config.json by dotted path. */
  readonly config: Readonly<Record<string, Scalar>>;
  /** Values of the results in eval/, by metric. */
  readonly results: Readonly<Record<string, number | null>>;
  readonly warnings: number;
}

export type Scalar = string | number | boolean | null;

/** The contents of a run's page, except its scalars. */
export interface RunPage {
  readonly row: RunRow;
  readonly warnings: readonly WarningCard[];
  readonly results: readonly ResultRow[];
  /** Sample grids in the order of their steps. */
  readonly samples: readonly Snapshot[];
  /** Grid of real items in the same layout; null if there is none. */
  readonly reals: string | null;
  /** Other pictures, by file. */
  readonly pictures: readonly string[];
  /** ONNX files, by file. */
  readonly exports: readonly string[];
  readonly report: boolean;
  /** What scalars measure, where it has another name than the scalar: elbo gives negElbo. */
  readonly quantities: Readonly<Record<string, string>>;
  /** Whether this server can stop or resume it. */
  readonly control: "stop" | "resume" | null;
  /** Why the run can be neither stopped nor resumed; null if it can, or if the studio is read-only. */
  readonly fixed: string | null;
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
  /** The value of real items; null if unknown. */
  readonly floor: number | null;
  readonly perfect: string;
  readonly n: number;
  readonly unit: string;
}

export interface Snapshot {
  readonly step: number;
  readonly file: string;
}

/** One scalar by step: as logged, or summarised over intervals of steps. */
export interface Series {
  readonly split: "train" | "test";
  readonly name: string;
  readonly steps: readonly number[];
  /** The last value of each interval; null if it was not finite. */
  readonly values: readonly (number | null)[];
  /** Minimum and maximum of each interval, if intervals contain more than one value. */
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
}

/** Items seen and seconds of training at some of the steps. */
export interface StepClock {
  readonly steps: readonly number[];
  readonly images: readonly number[];
  readonly seconds: readonly number[];
}

export interface Scalars {
  readonly series: readonly Series[];
  readonly clock: StepClock;
  /** Bytes of metrics.jsonl read so far, from which to follow it. */
  readonly from: number;
  /** Number of lines that are not valid scalars. */
  readonly unreadable: number;
}

/** A new line of metrics.jsonl. */
export type NewScalar = readonly [
  split: "train" | "test",
  name: string,
  step: number,
  value: number | null,
  images: number,
  seconds: number,
];

/** Events of `/api/table`. */
export interface TableEvents {
  /** `all` rows at first, then those that changed or are new, and the ids of those that are gone. */
  readonly rows: { readonly all: boolean; readonly changed: readonly RunRow[]; readonly gone: readonly string[] };
}

/** Events of `/api/follow`; `run` is the index of its id in the request. */
export interface FollowEvents {
  readonly scalars: { readonly run: number; readonly lines: readonly NewScalar[] };
  /** The run was reset to an earlier step: everything must be read again. */
  readonly reset: { readonly run: number };
  readonly page: { readonly run: number; readonly page: RunPage };
  /** Its folder has been removed. */
  readonly gone: { readonly run: number };
}

/** Fields of a recipe, for the form that starts a training run. */
export interface RecipeForm {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly Field[];
  /** Whether it learns from two unpaired domains, which may be two folders. */
  readonly domains: boolean;
  /** Default data set. */
  readonly usual: string;
}

export interface Field {
  readonly name: string;
  readonly doc: string;
  /** The default; null if the option may be omitted. */
  readonly initial: unknown;
  readonly choices: readonly string[] | null;
  /** Placeholder of the value: `n` for a whole number, `x` for any number, `x,x,...` for a list. */
  readonly placeholder: string;
}

/** A sweep in the list of sweeps. */
export interface SweepRow {
  /** Its folder under the served one, with slashes. */
  readonly id: string;
  readonly name: string;
  /** Why it cannot be read; null if it can. */
  readonly problem: string | null;
  /** Whether a process is training it. */
  readonly running: boolean;
  readonly recipe: string;
  readonly method: string;
  readonly metric: string;
  readonly trials: number;
  /** Number of trials that have ended or were stopped early. */
  readonly ended: number;
  readonly best: number | null;
}

/** Contents of the page of a sweep: formatted texts and positions, as in the sweep's report. */
export interface SweepPage {
  readonly row: SweepRow;
  /** Column headers, and the configurations, best first. */
  readonly head: readonly string[];
  readonly configurations: readonly SweepConfiguration[];
  /** Number of configurations that are left out at the end. */
  readonly more: number;
  readonly parallel: ParallelPlot | null;
  /** Share of the variance that each parameter explains. */
  readonly importance: readonly { readonly parameter: string; readonly share: number }[];
  readonly importanceNote: string;
  /** A line for each trial without a value. */
  readonly failures: readonly string[];
}

export interface SweepConfiguration {
  readonly cells: readonly string[];
  readonly best: boolean;
  readonly trials: readonly {
    /** Id of the run. */
    readonly run: string;
    readonly seed: number;
    readonly status: string;
    readonly value: number | null;
  }[];
}

/** Parallel coordinates: positions from 0 at the bottom of an axis to 1 at the top. */
export interface ParallelPlot {
  readonly title: string;
  readonly axes: readonly {
    readonly name: string;
    readonly ticks: readonly { readonly at: number; readonly label: string }[];
  }[];
  readonly lines: readonly {
    readonly name: string;
    readonly places: readonly (number | null)[];
    readonly cells: readonly (string | number | null | undefined)[];
    readonly emphasised: boolean;
  }[];
  readonly note: string;
}

/** Contents of the submitted form: all values as texts of flags. */
export interface TrainRequest {
  readonly recipe: string;
  /** A data set, or two domains; empty to use those of `from`. */
  readonly data: readonly string[];
  /** Flags without dashes, and their values as text. */
  readonly flags: Readonly<Record<string, string>>;
  /** A run whose config supplies the values that are not given. */
  readonly from?: string | undefined;
}

/** Why a request was refused. */
export interface Refusal {
  readonly message: string;
  /** The flag that the message is about, without dashes. */
  readonly flag: string | null;
}

export interface Forms {
  readonly recipes: readonly RecipeForm[];
  readonly training: readonly Field[];
  readonly data: readonly Field[];
  readonly datasets: readonly string[];
  readonly devices: readonly string[];
  /** The folder of the runs, absolute. */
  readonly root: string;
  /** Why no training run can be started here; null if one can. */
  readonly noStart: string | null;
  /** Why no run can be stopped or continued; null if runs can. */
  readonly readOnly: string | null;
}
