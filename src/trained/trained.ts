import { DataError, OptionError, ZayaError } from "../base/errors.ts";
import { type NdArray, joinRows, ndarray, rows, sizeOf, zeros } from "../base/ndarray.ts";
import { type Key, fold, key, normal, uniform } from "../base/random.ts";
import { coarseCoordinates, intoScale, outOfScale } from "../base/point-scale.ts";
import { flatten } from "../base/tree.ts";
import { range } from "../base/range.ts";
import { maxOf } from "../base/many.ts";
import { type Dataset, standardised } from "../data/index.ts";
import { input } from "../graph/tensor.ts";
import type { MetricInputs, GradientDraws } from "../metrics/index.ts";
import { type Direction, type Generator, type Model, type NetMap, isInUnits } from "../models/index.ts";
import type { Arrays, Compiled, Engine, Feeds, State } from "../runtime/index.ts";
import { type Declared, type Progress, feedDeclared } from "../step/feeds.ts";
import { labelsAt } from "../step/labels.ts";
import { layoutOf } from "../step/layout.ts";
import { type Layouts } from "../step/state-view.ts";
import { clipped } from "./translate.ts";
import { type Traced, batchName, traceGradients, traceInference } from "../step/trace.ts";

/** Default number of items per call. */
const usualChunk = 250;

/** Maximum number of input values per call, because the activations of image-to-image nets are many times larger. */
const numbersPerCall = 250 * 1024;

/** Log weights per call: samples times items. */
const weightsPerCall = 25_000;

/** The recipe on the same data with some of its options changed. @throws OptionError for options that are not valid. */
export type Rebuild = (options: Readonly<Record<string, unknown>>) => Model;

interface Prepared {
  readonly compiled: Compiled;
  readonly declared: ReadonlyMap<string, Declared>;
}

/** Thrown when evaluation, sampling or writing is interrupted by the user. */
export class InterruptedError extends ZayaError {}

/**
 * A model with parameters on an engine, for everything except training.
 * @throws DataError or OptionError when the model does not support an operation. @throws InterruptedError when its work
 * is stopped.
 */
export class TrainedModel {
  private readonly prepared = new Map<string, Promise<Prepared>>();
  /** Whether points are converted to and from their units in float64, outside the graph. */
  private readonly isExact: boolean;

  constructor(
    readonly model: Model,
    readonly layouts: Layouts,
    readonly engine: Engine,
    readonly state: State,
    /** Progress of its training. */
    readonly progress: Progress,
    private readonly rebuild: Rebuild | null = null,
    /** Whether to stop. */
    private readonly stopped: () => boolean = () => false,
  ) {
    this.isExact = model.scale !== undefined && coarseCoordinates(model.scale).length > 0;
  }

  /** @throws InterruptedError if it should stop. */
  requireGoingOn(): void {
    if (this.stopped()) throw new InterruptedError("interrupted");
  }

  private run(compiled: Compiled, feeds: Feeds): Promise<Arrays> {
    this.requireGoingOn();
    return compiled.run(feeds, this.state);
  }

  /**
   * The same parameters under the recipe with some options changed: another gradient estimator, another temperature.
   * @throws OptionError when the changed recipe has other nets.
   */
  under(options: Readonly<Record<string, unknown>>): TrainedModel {
    if (this.rebuild === null) throw new ZayaError("the recipe is known only for the model of a run");
    const model = this.rebuild(options);
    const other = Object.keys(model.nets).find((net) => !this.hasNet(model, net));
    if (other !== undefined) {
      const given = Object.entries(options).map(([name, value]) => `${name}=${String(value)}`);
      throw new OptionError(
        `the other options must not change the nets - got ${given.join(",")}, with another net ${other}`,
        "change only the loss's gradient estimator; nets and statistics must be those that were trained",
      );
    }
    return new TrainedModel(model, this.layouts, this.engine, this.state, this.progress, this.rebuild, this.stopped);
  }

  private hasNet(model: Model, net: string): boolean {
    const [own, other] = [this.model, model].map(({ nets }) => [...flatten(nets[net]?.stats ?? {}).keys()].join());
    const layout = layoutOf(flatten(model.nets[net]!.init(key(0))));
    return own === other && JSON.stringify(layout) === JSON.stringify(this.layouts[net]);
  }

  /**
   * Runs one of the model's maps on any number of items, by named arrays [n, ...]. Points that float32 cannot resolve
   * are returned in float64.
   */
  async map(name: string, inputs: Arrays): Promise<Arrays> {
    return this.mapBy(this.itemsPerCall(name), name, inputs);
  }

  private itemsPerCall(map: string): number {
    const largest = maxOf(Object.values(this.model.maps[map]!.inputs).map(sizeOf));
    return Math.max(1, Math.min(usualChunk, Math.floor(numbersPerCall / largest)));
  }

  /** The same, with `chunk` items per call. */
  private async mapBy(chunk: number, name: string, inputs: Arrays): Promise<Arrays> {
    const { scale, standardMaps } = this.model;
    if (this.isExact) {
      const given = convertedIn(inputs, (points) => intoScale(points, scale!));
      return convertedIn(await this.callMap(chunk, name, standardMaps![name]!, given), (points) =>
        outOfScale(points, scale!),
      );
    }
    return this.callMap(chunk, name, this.model.maps[name]!, inputs);
  }

  private async callMap(chunk: number, name: string, map: NetMap, inputs: Arrays): Promise<Arrays> {
    const prepared = await this.prepare(`map ${name} ${chunk}`, () =>
      traceInference({ model: this.model, layouts: this.layouts }, (scope) =>
        map.outputs(
          Object.fromEntries(Object.entries(map.inputs).map(([key, shape]) => [key, input(key, [chunk, ...shape])])),
          scope,
        ),
      ),
    );
    const count = Object.values(inputs)[0]!.shape[0]!;
    const parts: Arrays[] = [];
    for (let start = 0; start < count; start += chunk) {
      const stop = Math.min(count, start + chunk);
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([key, value]) => [key, padded(value, start, stop, chunk)]),
      );
      const outputs = await this.run(prepared.compiled, feeds);
      parts.push(
        Object.fromEntries(Object.entries(outputs).map(([key, value]) => [key, rows(value, 0, stop - start)])),
      );
    }
    return joined(parts);
  }

  /** Draws `count` samples [count, ...]; the same key gives the same samples, and a smaller count a prefix of them. */
  async sample(key: Key, count: number): Promise<NdArray> {
    return this.generate(drawNoise(this.generator, key, count));
  }

  /** Samples from noise [n, ...]; images are clipped to [0, 1]. */
  async generate(noise: NdArray): Promise<NdArray> {
    const { map, input: name, output } = this.generator;
    return clipped((await this.map(map, { [name]: noise }))[output]!);
  }

  /** Items [n, ...] from codes [n, ...]. @throws DataError for a model without a decoder. */
  async decode(codes: NdArray): Promise<NdArray> {
    const { decoder } = this.model;
    if (decoder === undefined) throw new DataError("the model has no decoder");
    return (await this.map(decoder.map, { [decoder.input]: codes }))[decoder.output]!;
  }

  /**
   * Translates images [n, h, w, c], clipped to [0, 1]. @throws DataError when the model does not have this direction.
   */
  async translate(images: NdArray, direction: Direction): Promise<NdArray> {
    const translator = this.model.translators?.[direction];
    if (translator === undefined) throw new DataError(`this model does not translate ${direction}`);
    const { map, input: name, output } = translator;
    // Padding a call costs as much as processing real images.
    const enough = 2 ** Math.ceil(Math.log2(images.shape[0]!));
    return clipped((await this.mapBy(Math.min(enough, this.itemsPerCall(map)), map, { [name]: images }))[output]!);
  }

  /** Codes [n, ...] of items [n, ...]. @throws DataError for a model without an encoder. */
  async encode(items: NdArray): Promise<NdArray> {
    const { encoder } = this.model;
    if (encoder === undefined) throw new DataError("the model has no encoder");
    return (await this.map(encoder.map, { [encoder.input]: items }))[encoder.output]!;
  }

  /** Terms of the negative ELBO in nats for every item of a data set, with one sample of z each. */
  async bound(data: Dataset, part: string, key: Key): Promise<MetricInputs["bound"]> {
    const likelihood = this.requireLikelihood();
    const prepared = await this.prepare("bound", () =>
      traceInference({ model: this.model, layouts: this.layouts, items: usualChunk }, (scope) => ({
        ...likelihood.terms(input("x", [usualChunk, ...data.shape]), scope),
      })),
    );
    const parts: Arrays[] = [];
    for (let start = 0; start < data.size; start += usualChunk) {
      const indices = range(start, Math.min(data.size, start + usualChunk));
      const outputs = await this.call(
        prepared,
        data,
        indices,
        part,
        fold(key, "bound"),
        start / usualChunk,
        usualChunk,
      );
      parts.push(
        Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, rows(value, 0, indices.length)])),
      );
    }
    const { recon, klPerLatent, mean } = joined(parts);
    return { recon: recon!, klPerLatent: klPerLatent!, mean: mean!, dimensions: dimensionsOf(data) };
  }

  /** Log importance weights [n, samples] in nats for every item of a data set. */
  async logWeights(data: Dataset, part: string, key: Key, samples: number): Promise<MetricInputs["logWeights"]> {
    const likelihood = this.requireLikelihood();
    const draws = Math.min(samples, 500);
    const items = Math.max(1, Math.min(data.size, Math.floor(weightsPerCall / draws)));
    const prepared = await this.prepare(`logWeights ${draws} ${items}`, () =>
      traceInference({ model: this.model, layouts: this.layouts, items }, (scope) => ({
        weights: likelihood.logWeights(input("x", [items, ...data.shape]), draws, scope),
      })),
    );
    const values = zeros([data.size, samples]);
    let calls = 0;
    for (let start = 0; start < data.size; start += items) {
      const indices = range(start, Math.min(data.size, start + items));
      for (let done = 0; done < samples; done += draws) {
        const { weights } = await this.call(prepared, data, indices, part, fold(key, "logWeights"), calls++, items);
        for (let draw = 0; draw < Math.min(draws, samples - done); draw++) {
          for (let i = 0; i < indices.length; i++) {
            values.data[(start + i) * samples + done + draw] = weights!.data[draw * items + i]!;
          }
        }
      }
    }
    return { values, dimensions: dimensionsOf(data) };
  }

  /**
   * Repeated samples of the gradient that trains a net, on the first items of a data set. @throws OptionError for a net
   * that is not trained.
   */
  async gradients(
    data: Dataset,
    part: string,
    key: Key,
    net: string,
    draws: number,
    batch: number,
  ): Promise<GradientDraws> {
    const { model, layouts } = this;
    const step = model.steps.find(({ updates }) => updates.includes(net));
    if (step === undefined) {
      const known = [...new Set(model.steps.flatMap(({ updates }) => updates))].join(", ");
      throw new OptionError(`the net must be one of the trained nets - got ${net}`, `this model trains ${known}`);
    }
    const size = Math.min(batch, data.size);
    const prepared = await this.prepare(`gradients ${net} ${size}`, () =>
      traceGradients({ model, layouts, batch: [size, ...data.shape] }, step),
    );
    const indices = range(0, size);
    const moments = new VectorMoments(layouts[net]!.size);
    for (let draw = 0; draw < draws; draw++) {
      const feeds = feedDeclared(prepared.declared, {
        key: fold(key, "gradients"),
        count: draw,
        progress: this.progress,
        items: { part, indices },
        labels: () => labelsAt(data, indices),
      });
      const seen = await standardised(data, model.scale).read(indices);
      const outputs = await this.run(prepared.compiled, { ...feeds, [batchName(0)]: seen });
      moments.add(outputs[net]!.data);
    }
    return moments.result();
  }

  async release(): Promise<void> {
    for (const pending of this.prepared.values()) await (await pending).compiled.release();
    this.prepared.clear();
  }

  private async call(
    { compiled, declared }: Prepared,
    data: Dataset,
    indices: Int32Array,
    part: string,
    key: Key,
    count: number,
    size: number,
  ): Promise<Arrays> {
    const filled = Int32Array.from({ length: size }, (_, i) => indices[Math.min(i, indices.length - 1)]!);
    const feeds = feedDeclared(declared, { key, count, progress: this.progress, items: { part, indices: filled } });
    return this.run(compiled, { ...feeds, x: await standardised(data, this.model.scale).read(filled) });
  }

  private prepare(name: string, trace: () => Traced): Promise<Prepared> {
    let known = this.prepared.get(name);
    if (known === undefined) {
      const { program, declared } = trace();
      known = this.engine.compile(program).then((compiled) => ({ compiled, declared }));
      this.prepared.set(name, known);
    }
    return known;
  }

  /** How this model samples. @throws DataError when it is not generative. */
  get generator(): Generator {
    const { generator } = this.model;
    if (generator === undefined) throw new DataError("the model does not generate samples from noise");
    return generator;
  }

  private requireLikelihood() {
    const { likelihood } = this.model;
    if (likelihood === undefined) throw new DataError("this model has no bound on log p(x)");
    return likelihood;
  }
}

/** Running mean and variance of vectors, and the distances of consecutive pairs. */
class VectorMoments {
  private readonly mean: Float64Array;
  private readonly squares: Float64Array;
  private readonly distances: number[] = [];
  private previous: ArrayLike<number> | null = null;
  private count = 0;

  constructor(size: number) {
    this.mean = new Float64Array(size);
    this.squares = new Float64Array(size);
  }

  add(vector: ArrayLike<number>): void {
    this.count++;
    for (let i = 0; i < this.mean.length; i++) {
      const distance = vector[i]! - this.mean[i]!;
      this.mean[i]! += distance / this.count;
      this.squares[i]! += distance * (vector[i]! - this.mean[i]!);
    }
    if (this.previous === null) this.previous = vector;
    else {
      let total = 0;
      for (let i = 0; i < this.mean.length; i++) total += (vector[i]! - this.previous[i]!) ** 2;
      this.distances.push(total / 2);
      this.previous = null;
    }
  }

  result(): GradientDraws {
    const { mean, squares, count } = this;
    return {
      mean: ndarray("float64", [mean.length], mean),
      variance: ndarray(
        "float64",
        [mean.length],
        squares.map((square) => square / (count - 1)),
      ),
      halfDistances: Float64Array.from(this.distances),
      draws: count,
    };
  }
}

/** The same arrays, with points and packs of points converted. */
function convertedIn(arrays: Arrays, convert: (points: NdArray) => NdArray): Arrays {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, value]) => [name, isInUnits(name) ? convert(value) : value]),
  );
}

/** Noise [count, ...shape] for samples from index `first` on, each from its own key. */
export function drawNoise(
  { noise, shape }: Pick<Generator, "noise" | "shape">,
  key: Key,
  count: number,
  first = 0,
): NdArray<"float32"> {
  const draw = noise === "normal" ? normal : uniform;
  const out = zeros([count, ...shape]);
  const width = sizeOf(shape);
  for (let i = 0; i < count; i++) out.data.set(draw(fold(key, first + i), shape).data, i * width);
  return out;
}

function dimensionsOf(data: Dataset): number {
  return data.shape.reduce((size, extent) => size * extent, 1);
}

/** Rows `start` to `stop`, padded to a full call. */
function padded(value: NdArray, start: number, stop: number, chunk: number): NdArray {
  const part = rows(value, start, stop);
  if (stop - start === chunk) return part;
  return joinRows([part, zeros([chunk - (stop - start), ...value.shape.slice(1)], value.dtype)]);
}

function joined(parts: readonly Arrays[]): Arrays {
  return Object.fromEntries(Object.keys(parts[0]!).map((name) => [name, joinRows(parts.map((part) => part[name]!))]));
}
