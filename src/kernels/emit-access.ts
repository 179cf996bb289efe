import type { Access, LoopNest } from "./loops.ts";
import type { Load, Node } from "./scalars.ts";
import type { FunctionBuilder, Local } from "./wasm.ts";

/** Elements per iteration of a loop. With a width of 1, all lanes hold the same value. */
export type Width = 1 | 4;

/** Offset that an index table adds to an address, if it is the same for all lanes. */
interface Displacement {
  readonly places: Access;
  readonly scale: number;
  readonly level: number;
  readonly local: Local;
}

/** Loads and stores of a kernel: one pointer per access, advanced by the loops, plus the offsets from index tables. */
export class Accesses {
  readonly pointers = new Map<Access, Local>();
  readonly sources: readonly object[];
  private readonly displacements = new Map<Access, Displacement[]>();

  constructor(
    private readonly code: FunctionBuilder,
    private readonly nest: LoopNest,
  ) {
    const own = [...nest.loads.values(), ...nest.stores, ...nest.folds];
    const all = own.flatMap((access) => [access, ...access.lookups.map(({ places }) => places)]);
    this.sources = sourcesOf(nest);
    for (const access of all) {
      const pointer = code.local("i32");
      code.get(code.params[this.sources.indexOf(access.source)]!).i32(access.offset * access.bytes);
      code.op("i32.add").set(pointer);
      this.pointers.set(access, pointer);
    }
    for (const access of own) this.displacements.set(access, this.uniform(access));
  }

  /** The innermost loop that advances an access; -1 for none. */
  movesWith({ strides }: Access): number {
    return strides.findLastIndex((stride, i) => stride !== 0 && this.nest.loops[i]!.extent > 1);
  }

  /** Computes the table offsets that change in this loop but not in the loops inside it. */
  hoist(level: number): void {
    for (const list of this.displacements.values()) {
      for (const one of list.filter((each) => each.level === level)) {
        this.code.get(this.pointers.get(one.places)!).memory("i32.load").i32(one.scale).op("i32.mul").set(one.local);
      }
    }
  }

  private uniform({ lookups, bytes }: Access): Displacement[] {
    return lookups
      .filter(({ places }) => places.strides[this.nest.vector] === 0)
      .map(({ places, stride }) => ({
        places,
        scale: stride * bytes,
        level: this.movesWith(places),
        local: this.code.local("i32"),
      }));
  }

  private pushAddress(access: Access, lane = 0): number {
    const { code, nest } = this;
    code.get(this.pointers.get(access)!);
    for (const { local } of this.displacements.get(access) ?? []) code.get(local).op("i32.add");
    for (const { places, stride } of access.lookups) {
      const step = places.strides[nest.vector]!;
      if (step === 0) continue;
      code.get(this.pointers.get(places)!).memory("i32.load", { offset: lane * step * 4 });
      code
        .i32(stride * access.bytes)
        .op("i32.mul")
        .op("i32.add");
    }
    return lane * access.strides[nest.vector]! * access.bytes;
  }

  /** @param first Elements from the pointer to the first lane. */
  pushLoad(access: Access, type: Load["type"], width: Width, first = 0): void {
    const { code, nest } = this;
    const stride = access.strides[nest.vector]!;
    const scattered = access.lookups.some(({ places }) => places.strides[nest.vector] !== 0);
    const isOne = width === 1 || (stride === 0 && !scattered);
    const isByte = access.bytes === 1;
    if (isOne) {
      const offset = this.pushAddress(access, first);
      if (isByte) code.memory("i32.load8_u", { offset }).op("i32x4.splat");
      else code.memory("v128.load32_splat", { offset });
    } else if (stride === 1 && !scattered) {
      const offset = this.pushAddress(access, first);
      if (isByte) {
        code.memory("v128.load32_zero", { offset }).op("i16x8.extend_low_i8x16_u").op("i32x4.extend_low_i16x8_u");
      } else code.memory("v128.load", { offset });
    } else {
      this.pushLanes(access, first);
    }
    if (type === "bool") code.v128(zeros).op("i32x4.ne");
  }

  /** Gathers four values that are not contiguous. */
  private pushLanes(access: Access, first: number): void {
    const { code } = this;
    const gathered = code.local("v128");
    code.v128(zeros).set(gathered);
    for (let lane = 0; lane < 4; lane++) {
      const offset = this.pushAddress(access, first + lane);
      code.get(gathered);
      if (access.bytes === 1) code.memory("v128.load8_lane", { offset, lane: 4 * lane });
      else code.memory("v128.load32_lane", { offset, lane });
      code.set(gathered);
    }
    code.get(gathered);
  }

  store(access: Access, value: Local, type: Node["type"], width: Width, first = 0): void {
    const { code, nest } = this;
    const stride = access.strides[nest.vector]!;
    const isByte = access.bytes === 1;
    let from = value;
    if (type === "bool") {
      from = code.local("v128");
      code.get(value).v128(new Uint8Array(16).fill(1)).op("v128.and").set(from);
    }
    if (width === 1) {
      const offset = this.pushAddress(access, first);
      code.get(from).memory(isByte ? "v128.store8_lane" : "v128.store32_lane", { offset, lane: 0 });
    } else if (stride === 1) {
      const offset = this.pushAddress(access, first);
      if (isByte) code.get(from).get(from).shuffle(everyFourth).memory("v128.store32_lane", { offset, lane: 0 });
      else code.get(from).memory("v128.store", { offset });
    } else {
      for (let lane = 0; lane < 4; lane++) {
        const offset = this.pushAddress(access, first + lane);
        code.get(from);
        if (isByte) code.memory("v128.store8_lane", { offset, lane: 4 * lane });
        else code.memory("v128.store32_lane", { offset, lane });
      }
    }
  }
}

/** The buffers that a kernel reads and writes, each once. */
export function sourcesOf({ loads, stores, folds }: LoopNest): object[] {
  const own = [...loads.values(), ...stores, ...folds];
  return [...new Set(own.flatMap(({ source, lookups }) => [source, ...lookups.map(({ places }) => places.source)]))];
}

const zeros = new Uint8Array(16);
const everyFourth = Array.from({ length: 16 }, (_, byte) => (4 * byte) % 16);
