import { DataError } from "../base/errors.ts";
import type { NdArray } from "../base/ndarray.ts";
import { Sha256 } from "../base/sha256.ts";
import { largestOf } from "../metrics/index.ts";
import {
  type ImageForm,
  type ImagePort,
  OnnxNet,
  type OnnxSource,
  type OrtOptions,
  imagePort,
  toPort,
} from "../runtime/index.ts";
import { type FeatureInput, fitItems, flatItems, resizeRule } from "./feature-input.ts";
import type { Features, ItemClassifier } from "./features.ts";

/** Items per call, for a file with a symbolic batch axis. */
const chunk = 100;

/** How features are computed by an ONNX file. */
export interface OnnxFeatureOptions extends OrtOptions, ImageForm {
  /** Name of the output with the features, if the file has several and none is called `features`. */
  readonly output?: string | undefined;
}

/**
 * A feature net from an ONNX file with one input, images or vectors [n, d], and an output with one row per item: its
 * only output, the one named `features`, or the one given. With an output `logits` [n, classes] it is a classifier too.
 * @throws DataError and OptionError as `open` says.
 */
export class OnnxFeatures implements Features {
  private constructor(
    private readonly net: OnnxNet,
    private readonly input: FeatureInput,
    /** Null for vectors. */
    private readonly port: ImagePort | null,
    private readonly output: string,
    readonly id: string,
    readonly classifier: ItemClassifier | undefined,
  ) {}

  /**
   * @throws DataError for a file that is not ONNX, or of another form. @throws OptionError when an option is needed to
   * use it.
   */
  static async open(source: OnnxSource, options: OnnxFeatureOptions): Promise<OnnxFeatures> {
    const net = await OnnxNet.open(source, options);
    try {
      return this.of(net, options);
    } catch (error) {
      await net.close();
      throw error;
    }
  }

  private static of(net: OnnxNet, { layout, range, output: wanted }: OnnxFeatureOptions): OnnxFeatures {
    const { extents } = net.input;
    if (extents!.length !== 4 && extents!.length !== 2) {
      throw new DataError(
        `${net.name} must take images [n, c, h, w] or vectors [n, d] - got an input of ${extents!.length} axes`,
      );
    }
    const port = extents!.length === 4 ? imagePort(net, net.input, { layout, range }, "--feature-layout") : null;
    const shape = port === null ? [extents![1]!.size ?? -1] : port.shape;
    const output = net.output(wanted, ["features"], "--feature-output").name;
    const input = { name: net.name, shape };
    const classes = classesOf(net);
    const classifier = classes !== null && {
      classes,
      of: async (items: NdArray) => largestOf(await rowsOf(net, input, port, "logits", items)),
    };
    return new OnnxFeatures(net, input, port, output, idOf(net, port, wanted), classifier || undefined);
  }

  get resize(): string {
    return resizeRule(this.input);
  }

  of(items: NdArray): Promise<NdArray> {
    return rowsOf(this.net, this.input, this.port, this.output, items);
  }

  close(): Promise<void> {
    return this.net.close();
  }
}

/** Name and hash of the file, and of everything else that affects the values. */
function idOf({ id }: OnnxNet, port: ImagePort | null, output: string | undefined): string {
  const form = [port === null ? "0,1" : rangeOf(port), output ?? ""];
  if (form.join("") === "0,1") return id;
  const [name, hash] = id.split("@");
  const text = new TextEncoder().encode([hash, ...form].join(" "));
  return `${name}@${new Sha256().update(text).hex().slice(0, 16)}`;
}

/** The range of images; [0, 1] by default. */
function rangeOf({ range }: ImagePort) {
  return range ?? "0,1";
}

/** Number of classes of the output `logits`; null without one of known width. */
function classesOf({ header }: OnnxNet): number | null {
  const logits = header.outputs.find(({ name }) => name === "logits");
  return logits?.kind === "tensor" && logits.extents?.length === 2 ? logits.extents[1]!.size : null;
}

/** One output for any number of items, [n, d]. */
async function rowsOf(
  net: OnnxNet,
  input: FeatureInput,
  port: ImagePort | null,
  output: string,
  items: NdArray,
): Promise<NdArray> {
  const fed = (part: NdArray) => {
    const fitted = fitItems(part, input);
    return port === null ? fitted : toPort(fitted, port, rangeOf(port));
  };
  return flatItems(await net.apply(items, output, chunk, fed));
}
