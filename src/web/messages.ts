import { DataError, EngineError, OptionError, RunError } from "../base/errors.ts";
import type { TrainOptions } from "../run/index.ts";
import type { TrainEvent } from "../train/index.ts";
import type { WebEngineOptions } from "./engine.ts";

/** Kinds of errors, transferred by index: class names do not survive a minifier. */
export const errorKinds = [OptionError, DataError, RunError, EngineError] as const;

/** A training request to a Worker. */
interface TrainingRequest {
  readonly recipe: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly data: DataMessage;
  readonly training: TrainOptions;
  readonly engine: WebEngineOptions;
  /** Name of the store in the browser's file system; in memory by default. */
  readonly store?: string | undefined;
}

/** Data as they are sent to a Worker. */
export type DataMessage =
  /** Generated from their definition. */
  | { readonly kind: "made"; readonly name: string; readonly size?: number | undefined }
  /** Fetched from a folder on the web. */
  | { readonly kind: "fetched"; readonly name: string; readonly base: string }
  | { readonly kind: "arrays"; readonly train: ItemsMessage; readonly test: ItemsMessage };

export interface ItemsMessage {
  readonly name: string;
  readonly kind: "image" | "points";
  /** Of all items, `[n, ...shape]`. */
  readonly shape: readonly number[];
  readonly items: Float32Array | Uint8Array;
  readonly labels: Int32Array | null;
}

export type ToWorker =
  | { readonly type: "train"; readonly request: TrainingRequest }
  /** Resumes the run of a store. */
  | { readonly type: "resume"; readonly store: string; readonly data: DataMessage; readonly engine: WebEngineOptions }
  | { readonly type: "stop" }
  | { readonly type: "read"; readonly id: number; readonly file: string }
  | { readonly type: "list"; readonly id: number };

export type FromWorker =
  | { readonly type: "event"; readonly event: TrainEvent }
  | { readonly type: "ended" }
  | {
      readonly type: "failed";
      /** Index of its kind; -1 for errors other than zaya's. */
      readonly kind: number;
      readonly message: string;
      readonly hint?: string | undefined;
      readonly step?: number | undefined;
    }
  | { readonly type: "answer"; readonly id: number; readonly value: Uint8Array | readonly string[] }
  | { readonly type: "refused"; readonly id: number; readonly message: string };

/** An error as it is sent between page and Worker. */
export function failureOf(error: unknown): Extract<FromWorker, { type: "failed" }> {
  const { message, hint, step } = error as Error & { readonly hint?: string; readonly step?: number };
  return { type: "failed", kind: errorKinds.findIndex((each) => error instanceof each), message, hint, step };
}
