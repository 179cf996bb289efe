import * as ort from "#onnxruntime";

import { EngineError } from "../base/errors.ts";
import { type Shape, sizeOf } from "../base/ndarray.ts";
import { type Tensor, input } from "../graph/tensor.ts";
import { type View, isContiguous, swapLastAxes } from "../graph/view.ts";
import { type Buffer, type Product, lastTwo } from "../kernels/index.ts";
import { emitOnnx } from "../onnx/index.ts";
import { broadcastTo, matmul } from "../ops/index.ts";
import type { Heap } from "./heap.ts";
import { type OrtOptions, writesGiven } from "./onnxruntime.ts";
import type { ProductSessions } from "./product-sessions.ts";
import { createSession, firstLine, threadsFor, waiting } from "./ort-session.ts";

/**
 * onnxruntime-node writes outputs to the given memory, but then also copies each into a new zeroed array, which for a product of
 * 512 by 128 by 128 takes half as long as the product. It fails at an output that is not a tensor, so a sequence is added as
 * the first output if there is much to copy. (`requireUpdates` detects a version of ONNX Runtime that would skip the products.)
 */
const sequence = "sequence";
const sequenceError = "Non tensor type";
/** Copying outputs of at least this many bytes takes longer than throwing the error, which takes about 10 µs. */
const worthEnding = 65536;

/** A block of memory that ONNX Runtime reads or writes in place. */
interface Piece {
  readonly buffer: Buffer;
  /** In elements from the start of the buffer. */
  readonly offset: number;
  readonly shape: Shape;
}

/** Matrix products that ONNX Runtime computes in one call, in the memory of the kernels. */
export class Products {
  private constructor(
    private readonly name: string,
    private readonly session: ort.InferenceSession,
    private readonly inputs: ReadonlyMap<string, Piece>,
    private readonly outputs: ReadonlyMap<string, Piece>,
    private readonly heap: Heap,
    /** Whether calls end before outputs are copied. */
    private readonly ends: boolean,
  ) {
    this.pieces = [...inputs.values(), ...outputs.values()];
  }

  private readonly pieces: readonly Piece[];
  private tensors: {
    readonly byteLength: number;
    /** Addresses of the pieces' buffers. */
    readonly addresses: readonly number[];
    readonly feeds: Tensors;
    readonly fetches: Readonly<Record<string, ort.Tensor | null>>;
  } | null = null;

  static async open(
    name: string,
    products: readonly Product[],
    options: OrtOptions,
    heap: Heap,
    sessions: ProductSessions,
  ): Promise<Products> {
    const inputs = new Map<string, Piece>();
    const outputs = new Map<string, Piece>();
    const results: Record<string, Tensor> = {};
    let flops = 0;
    products.forEach(({ a, b, out }, i) => {
      const [left, right] = [a, b].map((view) => {
        const { piece, transposed } = pieceOf(view);
        return { tensor: input(nameIn(inputs, piece), piece.shape), transposed };
      });
      const transposes = { transposeA: left!.transposed, transposeB: right!.transposed };
      results[`out${i}`] = broadcastTo(matmul(left!.tensor, right!.tensor, transposes), out.shape);
      outputs.set(`out${i}`, { buffer: out.source as Buffer, offset: out.offset, shape: out.shape });
      flops = Math.max(flops, 2 * sizeOf(out.shape) * a.shape.at(-1)!);
    });
    const written = products.reduce((sum, { out }) => sum + 4 * sizeOf(out.shape), 0);
    const ends = writesGiven() && written >= worthEnding;
    const bytes = emitOnnx(results, { target: "training", ...(ends && { sequence }) });
    const session = await sessions.open(bytes, threadsFor(flops, options));
    return new Products(name, session, inputs, outputs, heap, ends);
  }

  /** @param addressOf Current address of a buffer. */
  async run(addressOf: (buffer: Buffer) => number): Promise<void> {
    const { feeds, fetches } = this.tensorsAt(addressOf);
    try {
      if (writesGiven()) await this.session.run(feeds, fetches);
      else copyInto(fetches as Tensors, await this.session.run(feeds));
    } catch (error) {
      if (this.ends && String(error).includes(sequenceError)) return;
      throw new EngineError(`${this.name}: the step failed - got ${firstLine(String(error))}`);
    }
  }

  /** The tensors, which are made anew if the memory has grown or a buffer has moved. */
  private tensorsAt(addressOf: (buffer: Buffer) => number): NonNullable<Products["tensors"]> {
    const { byteLength } = this.heap.memory.buffer;
    let known = this.tensors;
    if (
      known?.byteLength === byteLength &&
      this.pieces.every(({ buffer }, i) => addressOf(buffer) === known!.addresses[i])
    ) {
      return known;
    }
    const tensorsOf = (pieces: ReadonlyMap<string, Piece>): Tensors =>
      Object.fromEntries(
        [...pieces].map(([name, { buffer, offset, shape }]) => {
          const data = this.heap.view("float32", addressOf(buffer) + 4 * offset, sizeOf(shape)) as Float32Array;
          return [name, new ort.Tensor("float32", data, shape)];
        }),
      );
    return (this.tensors = {
      byteLength,
      addresses: this.pieces.map(({ buffer }) => addressOf(buffer)),
      feeds: tensorsOf(this.inputs),
      fetches: { ...(this.ends && { [sequence]: null }), ...tensorsOf(this.outputs) },
    });
  }
}

/** Whether ONNX Runtime can use memory that is shared between threads, which Node 20 does not allow. */
export async function takesSharedMemory(options: OrtOptions): Promise<boolean> {
  let session: ort.InferenceSession | null = null;
  try {
    const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const [x, y] = [0, 4].map((at) => new ort.Tensor("float32", new Float32Array(buffer, at, 1).fill(at + 2), [1, 1]));
    const bytes = emitOnnx({ y: matmul(input("x", [1, 1]), input("x", [1, 1])) }, { target: "training" });
    session = await createSession(bytes, options, 1, waiting(false));
    await session.run({ x: x! }, { y: y! });
    return y!.data[0] === 4;
  } catch {
    return false;
  } finally {
    await session?.release();
  }
}

type Tensors = Record<string, ort.Tensor>;

function copyInto(places: Tensors, values: Readonly<Tensors>): void {
  for (const [name, { data }] of Object.entries(places)) (data as Float32Array).set(values[name]!.data as Float32Array);
}

function nameIn(pieces: Map<string, Piece>, piece: Piece): string {
  for (const [name, known] of pieces) {
    const same = known.buffer === piece.buffer && known.offset === piece.offset;
    if (same && known.shape.join() === piece.shape.join()) return name;
  }
  const name = `in${pieces.size}`;
  pieces.set(name, piece);
  return name;
}

/** The memory behind a stack of matrices that is stored row by row, or column by column. */
function pieceOf(view: View): { piece: Piece; transposed: boolean } {
  const repeated = view.strides.slice(0, -2).every((stride, i) => stride === 0 || view.shape[i] === 1);
  const side = repeated ? lastTwo(view) : view;
  const transposed = !isContiguous(side);
  const straight = transposed ? swapLastAxes(side) : side;
  return {
    piece: { buffer: view.source as Buffer, offset: view.offset, shape: straight.shape },
    transposed,
  };
}
