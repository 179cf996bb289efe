import { significant } from "../base/digits.ts";
import { DataError, OptionError } from "../base/errors.ts";
import type { NdArray } from "../base/ndarray.ts";
import { key } from "../base/random.ts";
import type { Dataset } from "../data/index.ts";
import {
  type ImagePort,
  OnnxNet,
  type OnnxSource,
  type OrtOptions,
  type ValueRange,
  describeValue,
  factsOf,
  fromPort,
  imagePort,
  rangeOfImages,
} from "../runtime/index.ts";
import { clipped, drawNoise } from "../trained/index.ts";
import type { Noise } from "./item-noise.ts";
import type { OnnxForm } from "./onnx-flags.ts";

/** Items per call. */
const chunk = 250;

/** Number of samples from which the range of a generator is inferred. */
const probes = 16;

/**
 * An ONNX file whose only input is noise, [n, d] or [n, d, 1, 1] and the like, and which outputs items: images, or points [n, d].
 */
export class OnnxSampler {
  private constructor(
    private readonly net: OnnxNet,
    readonly noise: Noise,
    private readonly output: string,
    /** Null for points. */
    private readonly images: { readonly port: ImagePort; readonly range: ValueRange } | null,
  ) {}

  /** @throws DataError if it is not an ONNX file or has other inputs. @throws OptionError if a flag is needed to interpret it. */
  static async open(source: OnnxSource, form: OnnxForm, options: OrtOptions): Promise<OnnxSampler> {
    const net = await OnnxNet.open(source, options);
    try {
      return await this.of(net, form);
    } catch (error) {
      await net.close();
      throw error;
    }
  }

  private static async of(net: OnnxNet, form: OnnxForm): Promise<OnnxSampler> {
    const noise = noiseTaken(net);
    const output = net.output(form.outputName, ["image", "point", "samples"], "--output-name");
    const some = await net.apply(drawNoise(noise, key(0), probes), output.name, chunk);
    if (some.shape.length !== 4 && some.shape.length !== 2) {
      throw new DataError(
        `${net.name} must return images [n, c, h, w] or points [n, d] - got ${describeValue(output)} of ${some.shape.length} axes`,
      );
    }
    if (some.shape.length === 2) return new OnnxSampler(net, noise, output.name, null);
    const port = imagePort(net, output, { layout: form.layout, range: form.outputRange }, "--layout", some.shape);
    const channels = port.layout === "channels-first" ? some.shape[1] : some.shape[3];
    if (channels !== 1 && channels !== 3) {
      throw new DataError(`${net.name} must return images with 1 or 3 channels - got ${channels}, ${port.layout}`);
    }
    const range = port.range ?? rangeOfImages(some);
    if (range !== null) return new OnnxSampler(net, noise, output.name, { port, range });
    throw new OptionError(
      `${net.name} must declare the pixel range of its output - got values from ${extremes(some).join(" to ")}`,
      "pass --output-range; for most GANs it is -1,1",
    );
  }

  /** Kind of its items. */
  get kind(): Dataset["kind"] {
    return this.images === null ? "points" : "image";
  }

  /** The file's values of black and white; null for points. */
  get range(): ValueRange | null {
    return this.images?.range ?? null;
  }

  /** Whether the range was inferred from its outputs alone, and is not 0 to 1. */
  get probed(): boolean {
    return this.images !== null && this.images.port.range === null && this.images.range !== "0,1";
  }

  /** Items generated from noise [n, ...]: images [n, h, w, c] in [0, 1], or points as the file outputs them. */
  async decode(noise: NdArray): Promise<NdArray> {
    const made = await this.net.apply(noise, this.output, chunk);
    return this.images === null ? made : clipped(fromPort(made, this.images.port.layout, this.images.range, "float32"));
  }

  close(): Promise<void> {
    return this.net.close();
  }
}

/** @throws DataError if the input is not noise. */
function noiseTaken(net: OnnxNet): Noise {
  const { input } = net;
  const shape = input.extents!.slice(1).map(({ size }) => size);
  const hint = "use the decoder, generator or sampler of a run; an encoder generates no samples";
  const isNoise =
    shape.length === 1 || factsOf(net, input)?.prior !== undefined || shape.slice(1).every((s) => s === 1);
  if (!input.type.startsWith("float") || shape.length === 0 || shape.includes(null) || !isNoise) {
    throw new DataError(`${net.name} must have one input of noise, float32 [n, d] - got ${describeValue(input)}`, hint);
  }
  const prior = factsOf(net, input)?.prior;
  if (prior === null) {
    throw new DataError(
      `${net.name} must sample from a prior - got latents ${input.name} without one`,
      "use sampler.onnx in the same folder",
    );
  }
  return { noise: prior?.startsWith("uniform") === true ? "uniform" : "normal", shape: shape as number[] };
}

function extremes({ data }: NdArray): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    low = Math.min(low, data[i]!);
    high = Math.max(high, data[i]!);
  }
  return [low, high].map((value) => significant(value, 3)) as [number, number];
}
