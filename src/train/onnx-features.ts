import { DataError } from "../base/errors.ts";
import { type NdArray, formatShape, joinRows, permuted, rows, zeros } from "../base/ndarray.ts";
import { Sha256 } from "../base/sha256.ts";
import { largestOf } from "../metrics/index.ts";
import { type OrtOptions, openSession, runSession } from "../runtime/index.ts";
import { type FeatureInput, fitItems, flatItems, resizeRule } from "./feature-input.ts";
import type { Features, ItemClassifier } from "./features.ts";

type Session = Awaited<ReturnType<typeof openSession>>;

/** Items in one call of a file that takes any number. */
const chunk = 100;

export interface OnnxFeatureOptions extends OrtOptions {
  /** What black and white are in the file's input. */
  readonly range: FeatureInput["range"];
}

/**
 * An ONNX file with one float32 input, images [n, c, h, w] or vectors [n, d], and an output with a row for each item: its
 * only one, or the one named `features`. With an output `logits` [n, classes] it tells classes too.
 */
export class OnnxFeatures implements Features {
  private constructor(
    private readonly session: Session,
    private readonly input: FeatureInput,
    /** Items in one call; null for any number. */
    private readonly batch: number | null,
    private readonly output: string,
    readonly id: string,
    readonly classifier: ItemClassifier | undefined,
  ) {}

  /** @throws DataError when it is no ONNX file, or one of another form. */
  static async open(bytes: Uint8Array, name: string, { range, ...device }: OnnxFeatureOptions): Promise<OnnxFeatures> {
    const session = await openSession(bytes, device).catch((error: Error) => {
      throw new DataError(`features: ${name} must be an ONNX model - got one that does not load (${error.message})`);
    });
    const form = formOf(session);
    if (form === null) {
      const got = session.inputMetadata.map((each) => `${each.name} ${each.isTensor ? formatShape(each.shape) : ""}`);
      const given = session.outputNames.join(", ");
      await session.release();
      throw new DataError(
        `features: ${name} must have one float32 input, [n, c, h, w] or [n, d], and one output or one named features - got ${got.join(", ")} to ${given}`,
      );
    }
    const id = `${name}@${new Sha256().update(bytes).hex().slice(0, 16)}`;
    const input = { name, shape: form.shape, range };
    const run = (output: string, items: NdArray) => runAll(session, input, form.batch, output, items);
    const classes = classesOf(session);
    const classifier = classes !== null && {
      classes,
      of: async (items: NdArray) => largestOf(await run("logits", items)),
    };
    return new OnnxFeatures(session, input, form.batch, form.output, id, classifier || undefined);
  }

  get resize(): string {
    return resizeRule(this.input);
  }

  of(items: NdArray): Promise<NdArray> {
    return runAll(this.session, this.input, this.batch, this.output, items);
  }

  close(): Promise<void> {
    return this.session.release();
  }
}

/** What a file takes and gives; null where it is of no use here. */
function formOf({ inputMetadata, outputNames }: Session) {
  const [input] = inputMetadata;
  if (inputMetadata.length !== 1 || input?.isTensor !== true || input.type !== "float32") return null;
  const output = outputNames.length === 1 ? outputNames[0]! : "features";
  const [n, ...rest] = input.shape.map((extent) => (typeof extent === "number" ? extent : -1));
  if ((rest.length !== 3 && rest.length !== 1) || !outputNames.includes(output)) return null;
  const shape = rest.length === 3 ? [rest[1]!, rest[2]!, rest[0]!] : rest;
  return { shape, batch: n === -1 ? null : n!, output };
}

/** How many classes the output `logits` tells; null where there is none of a known width. */
function classesOf({ outputMetadata }: Session): number | null {
  const logits = outputMetadata.find(({ name }) => name === "logits");
  const classes = logits?.isTensor === true && logits.shape.length === 2 ? logits.shape[1] : undefined;
  return typeof classes === "number" ? classes : null;
}

/** One output for any number of items, [n, d]. */
async function runAll(
  session: Session,
  input: FeatureInput,
  batch: number | null,
  output: string,
  items: NdArray,
): Promise<NdArray> {
  const count = items.shape[0]!;
  const size = batch ?? chunk;
  const parts: NdArray[] = [];
  for (let start = 0; start < count; start += size) {
    const stop = Math.min(count, start + size);
    const fitted = fitItems(rows(items, start, stop), input);
    const fed = batch === null ? fitted : filled(fitted, batch);
    const outside = fed.shape.length === 4 ? permuted(fed, [0, 3, 1, 2]) : fed;
    const vectors = flatItems((await runSession(session, { [session.inputNames[0]!]: outside }))[output]!);
    if (vectors.shape[0] !== fed.shape[0]) {
      throw new DataError(
        `features: ${input.name} must give a row for each item - got ${formatShape(vectors.shape)} for ${fed.shape[0]}`,
      );
    }
    parts.push(rows(vectors, 0, stop - start));
  }
  return joinRows(parts);
}

/** Rows of zeros added up to a count. */
function filled(x: NdArray, count: number): NdArray {
  const missing = count - x.shape[0]!;
  return missing === 0 ? x : joinRows([x, zeros([missing, ...x.shape.slice(1)], x.dtype)]);
}
