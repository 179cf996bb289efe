import type { Fold, Kernel } from "./kernel.ts";
import { nodesOf } from "./kernel.ts";
import { type Access, type LoopNest, loopNest } from "./loops.ts";
import { type Applied, type Load, type Node, operandsOf } from "./scalars.ts";
import { FunctionBuilder, type Local } from "./wasm.ts";

/** A kernel as a function of the addresses of what it reads and writes, in this order. */
export interface EmittedKernel {
  readonly builder: FunctionBuilder;
  readonly sources: readonly object[];
}

export function emitKernel(kernel: Kernel): EmittedKernel {
  const writer = new KernelWriter(kernel, loopNest(kernel));
  return { builder: writer.write(), sources: writer.sources };
}

/** Places that one turn of a loop goes on by. Alone, all lanes hold the one number. */
type Width = 1 | 4;

/** What is added to an address because of a table, where that does not differ between the lanes. */
interface Displacement {
  readonly places: Access;
  readonly scale: number;
  readonly level: number;
  readonly local: Local;
}

class KernelWriter {
  readonly sources: readonly object[];
  private readonly code: FunctionBuilder;
  private readonly pointers = new Map<Access, Local>();
  private readonly displacements = new Map<Access, Displacement[]>();
  private readonly levels = new Map<Node, number>();
  private readonly uses = new Map<Node, number>();
  private readonly locals = new Map<Node, Local>();
  /** Nodes whose local holds their value here. */
  private computed = new Set<Node>();
  private readonly totals: { readonly four: Local; readonly one: Local }[];
  /** Whether the first tile is being added up. */
  private readonly isFirstTile: Local | null;
  private readonly tileRest: Local | null;

  constructor(
    private readonly kernel: Kernel,
    private readonly nest: LoopNest,
  ) {
    const accesses = this.accesses();
    this.sources = [...new Set(accesses.map(({ source }) => source))];
    this.code = new FunctionBuilder(this.sources.map(() => "i32"));
    for (const access of accesses) this.pointers.set(access, this.code.local("i32"));
    for (const access of [...nest.loads.values(), ...nest.stores]) this.displacements.set(access, this.uniform(access));
    for (const node of nodesOf(kernel)) {
      this.levels.set(node, this.levelOf(node));
      for (const operand of operandsOf(node)) this.uses.set(operand, (this.uses.get(operand) ?? 0) + 1);
    }
    this.totals = kernel.folds.map(() => ({ four: this.code.local("v128"), one: this.code.local("v128") }));
    this.isFirstTile = nest.tiles === null ? null : this.code.local("i32");
    this.tileRest = nest.tiles === null ? null : this.code.local("i32");
  }

  write(): FunctionBuilder {
    const { code } = this;
    for (const [access, pointer] of this.pointers) {
      code.get(code.params[this.sources.indexOf(access.source)]!).i32(access.offset * access.bytes);
      code.op("i32.add").set(pointer);
    }
    if (this.tileRest !== null) code.i32(this.nest.tiles!.total).set(this.tileRest).i32(1).set(this.isFirstTile!);
    this.hoist(-1, 4);
    this.loop(0, 4);
    return code;
  }

  private accesses(): Access[] {
    const { loads, stores, folds } = this.nest;
    return [...loads.values(), ...stores, ...folds].flatMap((access) => [
      access,
      ...access.lookups.map(({ places }) => places),
    ]);
  }

  /** The innermost loop with which an access moves; -1 where it stays. */
  private movesWith({ strides }: Access): number {
    return strides.findLastIndex((stride, i) => stride !== 0 && this.nest.loops[i]!.extent > 1);
  }

  private levelOf(node: Node): number {
    if (node.kind === "constant") return -1;
    if (node.kind === "applied") return Math.max(-1, ...node.operands.map((operand) => this.levels.get(operand)!));
    const access = this.nest.loads.get(node)!;
    return Math.max(this.movesWith(access), ...access.lookups.map(({ places }) => this.movesWith(places)));
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

  /** Computes what changes with this loop but not with the loops inside it. */
  private hoist(level: number, width: Width): void {
    for (const list of this.displacements.values()) {
      for (const one of list.filter((each) => each.level === level)) {
        this.code.get(this.pointers.get(one.places)!).memory("i32.load").i32(one.scale).op("i32.mul").set(one.local);
      }
    }
    if (level === this.nest.loops.length - 1) return;
    for (const [node, own] of this.levels) if (own === level) this.compute(node, width);
  }

  private compute(node: Node, width: Width): void {
    if (this.computed.has(node)) return;
    this.push(node, width);
    this.code.set(this.localOf(node));
    this.computed.add(node);
  }

  private localOf(node: Node): Local {
    let local = this.locals.get(node);
    if (local === undefined) this.locals.set(node, (local = this.code.local("v128")));
    return local;
  }

  /** Writes one loop with all inside it. @returns How many bytes each pointer has been left ahead of where it was. */
  private loop(level: number, width: Width): Map<Access, number> {
    const { loops, vector, tiles } = this.nest;
    const before = new Set(this.computed);
    const firstReduced = loops.findIndex((loop, i) => loop.reduced && i !== tiles?.at);
    const isTiled = tiles !== null && level === tiles.of;
    if (level === firstReduced) this.resetTotals();
    let ahead: Map<Access, number>;
    if (level === vector) ahead = this.vectorLoop(level, isTiled);
    else {
      const count = isTiled ? this.tileLength() : loops[level]!.extent;
      ahead = this.turns(level, count, 1, width, isTiled);
    }
    this.computed = before;
    if (level === firstReduced) {
      // Folds go on with columns where the loop over these lies outside; a row's total is one number.
      this.foldTotals(vector < firstReduced ? width : 1, vector >= firstReduced);
    }
    return ahead;
  }

  /** By fours, then what is left one by one. */
  private vectorLoop(level: number, isTiled: boolean): Map<Access, number> {
    const { code } = this;
    if (isTiled) {
      const length = this.tileLength();
      const [fours, rest] = [code.local("i32"), code.local("i32")];
      code.get(length).i32(2).op("i32.shr_u").set(fours).get(length).i32(3).op("i32.and").set(rest);
      const saved = this.save(level);
      const before = new Set(this.computed);
      code.get(fours).when(() => this.turns(level, fours, 4, 4, false));
      this.computed = before;
      code.get(rest).when(() => this.turns(level, rest, 1, 1, false));
      this.restore(saved);
      return new Map();
    }
    const { extent } = this.nest.loops[level]!;
    const fours = Math.floor(extent / 4);
    const ahead = new Map<Access, number>();
    const together = (more: Map<Access, number>) => {
      for (const [access, bytes] of more) ahead.set(access, (ahead.get(access) ?? 0) + bytes);
    };
    const before = new Set(this.computed);
    if (fours > 0) together(this.turns(level, fours, 4, 4, false));
    this.computed = before;
    if (extent % 4 > 0) together(this.turns(level, extent % 4, 1, 1, false));
    return ahead;
  }

  /**
   * Goes through a loop so many times, `step` places each time.
   * @returns How far pointers are ahead; nothing where the count is known only when the kernel runs and they are put back.
   */
  private turns(
    level: number,
    count: number | Local,
    step: number,
    width: Width,
    putBack: boolean,
  ): Map<Access, number> {
    const { code, nest } = this;
    const saved = putBack ? this.save(level) : null;
    const strides = (access: Access) => (access.strides[level] ?? 0) * access.bytes * step;
    const body = () => {
      this.hoist(level, width);
      return level === nest.loops.length - 1 ? this.innermost(width) : this.loop(level + 1, width);
    };
    const ahead = new Map<Access, number>();
    const turn = () => {
      const inner = body();
      for (const [access, pointer] of this.pointers) {
        const move = strides(access) - (inner.get(access) ?? 0);
        if (move !== 0) code.get(pointer).i32(move).op("i32.add").set(pointer);
        if (typeof count === "number") ahead.set(access, strides(access) * count);
      }
      if (level === nest.tiles?.at) this.nextTile();
    };
    if (count === 1) turn();
    else {
      const left = code.local("i32");
      if (typeof count === "number") code.i32(count).set(left);
      else code.get(count).set(left);
      code.loop(() => {
        turn();
        code.get(left).i32(1).op("i32.sub").tee(left);
      });
    }
    if (saved !== null) {
      this.restore(saved);
      return new Map();
    }
    return ahead;
  }

  private save(level: number): [Local, Local][] {
    const moving = [...this.pointers].filter(([{ strides }]) => strides[level] !== 0);
    return moving.map(([, pointer]) => {
      const kept = this.code.local("i32");
      this.code.get(pointer).set(kept);
      return [pointer, kept];
    });
  }

  private restore(saved: readonly [Local, Local][]): void {
    for (const [pointer, kept] of saved) this.code.get(kept).set(pointer);
  }

  /** The length of the tile at hand: that of all but the last is the same. */
  private tileLength(): Local {
    const { code, nest } = this;
    const length = code.local("i32");
    const whole = nest.loops[nest.tiles!.of]!.extent;
    code.i32(whole).set(length);
    code
      .get(this.tileRest!)
      .i32(whole)
      .op("i32.lt_u")
      .when(() => code.get(this.tileRest!).set(length));
    return length;
  }

  private nextTile(): void {
    const { code, nest } = this;
    code.get(this.tileRest!).i32(nest.loops[nest.tiles!.of]!.extent).op("i32.sub").set(this.tileRest!);
    code.i32(0).set(this.isFirstTile!);
  }

  /** Everything at one place, or at four. All is read before anything is written: what is written may be what was read. */
  private innermost(width: Width): Map<Access, number> {
    const { kernel, nest, code } = this;
    const before = new Set(this.computed);
    for (const { value } of [...kernel.stores, ...kernel.folds]) this.compute(value, width);
    kernel.folds.forEach(({ value, combine }, i) => {
      const total = this.total(i, width);
      code.get(total).get(this.localOf(value)).op(operationOf(combine)).set(total);
    });
    kernel.stores.forEach(({ value }, i) => this.store(nest.stores[i]!, this.localOf(value), value.type, width));
    this.computed = before;
    return new Map();
  }

  private total(fold: number, width: Width): Local {
    const isColumn = !this.nest.loops[this.nest.vector]!.reduced;
    return isColumn || width === 4 ? this.totals[fold]!.four : this.totals[fold]!.one;
  }

  private resetTotals(): void {
    this.kernel.folds.forEach(({ combine }, i) => {
      for (const local of [this.totals[i]!.four, this.totals[i]!.one]) this.pushIdentity(combine).set(local);
    });
  }

  private pushIdentity(combine: Fold["combine"]): FunctionBuilder {
    return this.code.f32(combine === "sum" ? 0 : -Infinity).op("f32x4.splat");
  }

  /** Writes what has been added up; adds it to what earlier tiles came to. */
  private foldTotals(width: Width, isRow: boolean): void {
    const { code, nest } = this;
    this.kernel.folds.forEach(({ combine }, i) => {
      const { four, one } = this.totals[i]!;
      const op = operationOf(combine);
      if (isRow) {
        for (const half of [8, 4]) {
          const rest = Array.from({ length: 16 }, (_, byte) => (byte + half) % 16);
          code.get(four).get(four).get(four).shuffle(rest).op(op).set(four);
        }
        code.get(four).get(one).op(op).set(four);
      }
      const access = nest.folds[i]!;
      if (this.isFirstTile !== null) {
        code.get(this.isFirstTile).op("i32.eqz");
        code.when(() => {
          this.pushLoad(access, "float32", width);
          code.get(four).op(op).set(four);
        });
      }
      this.store(access, four, "float32", width);
    });
  }

  private push(node: Node, width: Width): void {
    const { code } = this;
    if (this.computed.has(node)) {
      code.get(this.localOf(node));
      return;
    }
    if (node.kind === "constant") code.v128(node.bytes);
    else if (node.kind === "load") this.pushLoad(this.nest.loads.get(node)!, node.type as Load["type"], width);
    else this.pushApplied(node, width);
    if ((this.uses.get(node) ?? 0) > 1) {
      code.tee(this.localOf(node));
      this.computed.add(node);
    }
  }

  private pushApplied(node: Applied, width: Width): void {
    for (const operand of node.operands) this.push(operand, width);
    if (node.lanes !== undefined) this.code.shuffle(node.lanes);
    else if (node.immediate !== undefined) this.code.i32(node.immediate).op(node.op);
    else this.code.op(node.op);
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

  private pushLoad(access: Access, type: Load["type"], width: Width): void {
    const { code, nest } = this;
    const stride = access.strides[nest.vector]!;
    const scattered = access.lookups.some(({ places }) => places.strides[nest.vector] !== 0);
    const isOne = width === 1 || (stride === 0 && !scattered);
    const isBool = type === "bool";
    if (isOne) {
      this.pushAddress(access);
      if (isBool) code.memory("i32.load8_u").op("i32x4.splat");
      else code.memory("v128.load32_splat");
    } else if (stride === 1 && !scattered) {
      this.pushAddress(access);
      if (isBool) code.memory("v128.load32_zero").op("i16x8.extend_low_i8x16_u").op("i32x4.extend_low_i16x8_u");
      else code.memory("v128.load");
    } else {
      this.pushLanes(access, isBool);
    }
    if (isBool) code.v128(zeros).op("i32x4.ne");
  }

  /** Four numbers that do not lie side by side. */
  private pushLanes(access: Access, isBool: boolean): void {
    const { code } = this;
    const gathered = code.local("v128");
    code.v128(zeros).set(gathered);
    for (let lane = 0; lane < 4; lane++) {
      const offset = this.pushAddress(access, lane);
      code.get(gathered);
      if (isBool) code.memory("v128.load8_lane", { offset, lane: 4 * lane });
      else code.memory("v128.load32_lane", { offset, lane });
      code.set(gathered);
    }
    code.get(gathered);
  }

  private store(access: Access, value: Local, type: Node["type"], width: Width): void {
    const { code, nest } = this;
    const stride = access.strides[nest.vector]!;
    const isBool = type === "bool";
    let from = value;
    if (isBool) {
      from = code.local("v128");
      code.get(value).v128(new Uint8Array(16).fill(1)).op("v128.and").set(from);
    }
    if (width === 1) {
      this.pushAddress(access);
      code.get(from).memory(isBool ? "v128.store8_lane" : "v128.store32_lane", { lane: 0 });
    } else if (stride === 1) {
      this.pushAddress(access);
      if (isBool) code.get(from).get(from).shuffle(everyFourth).memory("v128.store32_lane", { lane: 0 });
      else code.get(from).memory("v128.store");
    } else {
      for (let lane = 0; lane < 4; lane++) {
        const offset = this.pushAddress(access, lane);
        code.get(from);
        if (isBool) code.memory("v128.store8_lane", { offset, lane: 4 * lane });
        else code.memory("v128.store32_lane", { offset, lane });
      }
    }
  }
}

const zeros = new Uint8Array(16);
const everyFourth = Array.from({ length: 16 }, (_, byte) => (4 * byte) % 16);

function operationOf(combine: Fold["combine"]): "f32x4.add" | "f32x4.max" {
  return combine === "sum" ? "f32x4.add" : "f32x4.max";
}
