import type { Direction } from "../../../src/models/index.ts";
import type { ValueRange } from "../../../src/runtime/index.ts";

/** What the page asks of the Worker that runs ONNX files. */
export type ToTranslator =
  /** @param range Values of black and white; null for what the file says. @param base Address of the site. */
  | {
      readonly type: "net";
      readonly direction: Direction;
      readonly file: File;
      readonly range: ValueRange | null;
      readonly base: string;
    }
  | { readonly type: "picture"; readonly file: File };

/** An image of bytes: red, green, blue and opacity, row by row. */
export interface PagePicture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** What an opened file declares, or what was found out. */
export interface NetFacts {
  readonly name: string;
  /** [h, w, c] of its images; -1 for any. */
  readonly shape: readonly number[];
  readonly ranges: readonly [input: ValueRange, output: ValueRange];
  /** Whether the range was inferred from outputs. */
  readonly isInferred: boolean;
}

/** What the Worker tells the page. */
export type FromTranslator =
  | {
      readonly type: "translated";
      readonly nets: Readonly<Partial<Record<Direction, NetFacts>>>;
      /** The picture, its translation and the way back, as far as there are nets for them. */
      readonly pictures: readonly PagePicture[];
      /** Of the picture at the net's own size: the metrics of cycles. */
      readonly cycle: { readonly error: number; readonly hidden: number } | null;
    }
  | { readonly type: "failed"; readonly file: string; readonly message: string; readonly hint?: string | undefined };

/** Opens that Worker. */
export const openTranslator = (): Worker => new Worker(new URL("./translator.ts", import.meta.url), { type: "module" });
