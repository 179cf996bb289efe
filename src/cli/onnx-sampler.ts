import { DataError } from "../base/errors.ts";
import { type NdArray, formatShape, joinRows, permuted, rows } from "../base/ndarray.ts";
import type { Key } from "../base/random.ts";
import type { Dataset } from "../data/index.ts";
import { type OrtOptions, openSession, runSession } from "../runtime/index.ts";
import { drawNoise } from "../train/index.ts";

type Session = Awaited<ReturnType<typeof openSession>>;

/** Items in one call. */
const chunk = 250;

/** An ONNX file with one float input [n, d], standard normal noise, whose first output is items. */
export class OnnxSampler {
  private constructor(
    private readonly session: Session,
    private readonly input: string,
    /** Numbers of noise that an item is made of. */
    readonly size: number,
    private readonly path: string,
    /** What its items are. */
    readonly kind: Dataset["kind"],
  ) {}

  /** @throws DataError when it is no ONNX file, or has other inputs. */
  static async open(bytes: Uint8Array, path: string, options: OrtOptions): Promise<OnnxSampler> {
    const session = await openSession(bytes, options).catch((error: Error) => {
      throw new DataError(`sample: ${path} must be an ONNX model - got one that does not load (${error.message})`);
    });
    const inputs = session.inputMetadata;
    const [only] = inputs;
    if (inputs.length === 1 && only?.isTensor === true && only.type === "float32") {
      const [, size] = only.shape;
      if (only.shape.length === 2 && typeof size === "number" && size > 0)
        return new OnnxSampler(session, only.name, size, path, kindOf(session));
    }
    await session.release();
    const got = inputs.map(
      (entry) => `${entry.name} ${entry.isTensor ? `${entry.type} ${formatShape(entry.shape)}` : ""}`,
    );
    throw new DataError(
      `sample: ${path} must have one float32 input [n, d] - got ${got.join(", ")}`,
      "the decoder or generator of a run draws samples, its encoder does not",
    );
  }

  /** Images are returned as [n, h, w, c]. */
  async sample(key: Key, n: number): Promise<NdArray> {
    const { session, input, size } = this;
    const noise = drawNoise({ noise: "normal", shape: [size] }, key, n);
    const parts: NdArray[] = [];
    for (let start = 0; start < n; start += chunk) {
      const stop = Math.min(n, start + chunk);
      const results = await runSession(session, { [input]: rows(noise, start, stop) });
      const items = results[session.outputNames[0]!]!;
      if (items.shape[0] !== stop - start) {
        throw new DataError(
          `sample: ${this.path} must give an item for each row of noise - got ${formatShape(items.shape)} for ${stop - start}`,
        );
      }
      parts.push(items.shape.length === 4 ? permuted(items, [0, 2, 3, 1]) : items);
    }
    return joinRows(parts);
  }

  close(): Promise<void> {
    return this.session.release();
  }
}

/** Images are [n, c, h, w]. */
function kindOf({ outputMetadata: [first] }: Session): Dataset["kind"] {
  return first?.isTensor === true && first.shape.length === 4 ? "image" : "points";
}
