import { maxOf } from "../base/many.ts";
import type { Fold, Kernel } from "./kernel.ts";
import { nodesOf } from "./kernel.ts";
import { Accesses, type Width, sourcesOf } from "./emit-access.ts";
import { type Access, type LoopNest, loopNest } from "./loops.ts";
import { pushPart } from "./emit-steps.ts";
import { type Split, hasPartials, splitOf } from "./parts.ts";
import { NodeWriter } from "./emit-nodes.ts";
import type { Node } from "./scalars.ts";
import { FunctionBuilder, type Local } from "./wasm.ts";

/**
 * Emits a kernel as a function of the addresses of the buffers that it reads and writes, in the order of its text, then the address
 * of its partial sums, a thread's part and the number of parts.
 */
export function emitKernel(kernel: Kernel): FunctionBuilder {
  return new KernelWriter(kernel, loopNest(kernel)).write();
}

/** For a kernel with partial sums: a function of the same addresses that adds them in order. */
export function emitFinish(kernel: Kernel): FunctionBuilder {
  const nest = loopNest(kernel);
  const sources = sourcesOf(nest);
  const code = new FunctionBuilder([...sources.map(() => "i32" as const), "i32"]);
  const partials = code.params.at(-1)!;
  const count = nest.loops[0]!.extent;
  const [total, next, at, left] = [code.local("v128"), code.local("v128"), code.local("i32"), code.local("i32")];
  kernel.folds.forEach(({ combine }, fold) => {
    const { source, offset, bytes } = nest.folds[fold]!;
    code
      .get(partials)
      .i32(4 * fold * count)
      .op("i32.add")
      .tee(at)
      .memory("v128.load32_splat")
      .set(total)
      .i32(count - 1)
      .set(left);
    code.loop(() => {
      code.get(at).i32(4).op("i32.add").tee(at);
      code.memory("v128.load32_splat").set(next).get(total).get(next).op(operationOf(combine)).set(total);
      code.get(left).i32(1).op("i32.sub").tee(left);
    });
    code
      .get(code.params[sources.indexOf(source)]!)
      .i32(offset * bytes)
      .op("i32.add");
    code.get(total).memory("v128.store32_lane", { lane: 0 });
  });
  return code;
}

/**
 * With at least this many operations per element, two vectors are computed in alternation: in a single dependency chain, such as an elementary
 * function, the processor idles while each operation waits for the previous one.
 */
const worthPairing = 24;

class KernelWriter {
  private readonly code: FunctionBuilder;
  private readonly memory: Accesses;
  private readonly levels = new Map<Node, number>();
  private readonly nodes: NodeWriter;
  private readonly totals: { readonly four: Local; readonly one: Local }[];
  /** Whether the first tile is being added up. */
  private readonly isFirstTile: Local | null;
  private readonly tileRest: Local | null;
  private readonly split: Split | null;
  /** This thread's part of the shared loop: its first iteration and the number of iterations. */
  private readonly part: { readonly first: Local; readonly count: Local } | null;
  /** Where the sum of the next tile goes. */
  private readonly partial: Local | null;
  /** Whether the innermost loop computes two vectors at a time. */
  private readonly isPaired: boolean;

  constructor(
    private readonly kernel: Kernel,
    private readonly nest: LoopNest,
  ) {
    this.code = new FunctionBuilder([...sourcesOf(nest), "partials", "part", "parts"].map(() => "i32" as const));
    this.memory = new Accesses(this.code, nest);
    const nodes = nodesOf(kernel);
    this.nodes = new NodeWriter(this.code, this.memory, nest, nodes);
    for (const node of nodes) this.levels.set(node, this.levelOf(node));
    this.totals = kernel.folds.map(() => ({ four: this.code.local("v128"), one: this.code.local("v128") }));
    this.isFirstTile = nest.tiles === null ? null : this.code.local("i32");
    this.tileRest = nest.tiles === null ? null : this.code.local("i32");
    this.split = splitOf(nest);
    this.part = this.split && { first: this.code.local("i32"), count: this.code.local("i32") };
    this.partial = hasPartials(nest) ? this.code.local("i32") : null;
    const innermost = nest.loops.length - 1;
    const operations = [...this.levels].filter(([node, level]) => node.kind === "applied" && level === innermost);
    this.isPaired = nest.vector === innermost && operations.length >= worthPairing;
  }

  write(): FunctionBuilder {
    const { code, split, part, partial } = this;
    const [partials, index, parts] = code.params.slice(-3) as [Local, Local, Local];
    if (split !== null) {
      const { first, count } = part!;
      pushPart(code, split.units, index, parts, first, count);
      code.get(count).get(first).op("i32.sub").set(count);
    }
    if (partial !== null) code.get(part!.first).i32(2).op("i32.shl").get(partials).op("i32.add").set(partial);
    this.hoist(-1, 4);
    this.loop(0, 4);
    return code;
  }

  private levelOf(node: Node): number {
    if (node.kind === "constant") return -1;
    if (node.kind === "applied") return maxOf([-1, ...node.operands.map((operand) => this.levels.get(operand)!)]);
    const access = this.nest.loads.get(node)!;
    return maxOf([this.memory.movesWith(access), ...access.lookups.map(({ places }) => this.memory.movesWith(places))]);
  }

  /** Computes what changes with this loop but not with the loops inside it. */
  private hoist(level: number, width: Width): void {
    this.memory.hoist(level);
    if (level === this.nest.loops.length - 1) return;
    for (const [node, own] of this.levels) if (own === level) this.nodes.compute(node, width);
  }

  /** Emits one loop and everything inside it. @returns By how many bytes each pointer has been advanced. */
  private loop(level: number, width: Width): Map<Access, number> {
    const { loops, vector, tiles } = this.nest;
    const before = new Set(this.nodes.computed);
    const firstReduced = loops.findIndex((loop, i) => loop.reduced && i !== tiles?.at);
    const isTiled = tiles !== null && level === tiles.of;
    const isShared = level === this.split?.level;
    if (level === tiles?.at) this.code.i32(tiles.total).set(this.tileRest!).i32(1).set(this.isFirstTile!);
    if (level === firstReduced) this.resetTotals();
    let ahead: Map<Access, number>;
    if (isShared) ahead = this.sharedLoop(level, width);
    else if (level === vector) ahead = this.vectorLoop(level, isTiled);
    else {
      const count = isTiled ? this.tileLength() : loops[level]!.extent;
      ahead = this.turns(level, count, 1, width, isTiled);
    }
    this.nodes.computed = before;
    if (level === firstReduced) {
      // Folds keep one total per column if the loop over columns lies outside; the total of a row is one number.
      this.foldTotals(vector < firstReduced ? width : 1, vector >= firstReduced);
    }
    return ahead;
  }

  /** This thread's iterations of the shared loop; the remainder of a vectorised loop belongs to the last thread. */
  private sharedLoop(level: number, width: Width): Map<Access, number> {
    const { code } = this;
    const { loops, vector, tiles } = this.nest;
    const { first, count } = this.part!;
    const step = level === vector ? 4 : 1;
    const saved = this.save(level);
    const before = new Set(this.nodes.computed);
    for (const [access, pointer] of this.memory.pointers) {
      const stride = (access.strides[level] ?? 0) * access.bytes * step;
      if (stride !== 0) code.get(first).i32(stride).op("i32.mul").get(pointer).op("i32.add").set(pointer);
    }
    if (level === tiles?.at) {
      code.get(this.tileRest!).get(first).i32(loops[tiles.of]!.extent).op("i32.mul").op("i32.sub").set(this.tileRest!);
    }
    code.get(count).when(() => {
      if (level === vector) this.vectorTurns(level, count);
      else this.turns(level, count, step, width, false);
    });
    this.nodes.computed = new Set(before);
    const rest = level === vector ? loops[level]!.extent % 4 : 0;
    if (rest > 0) {
      const [index, parts] = code.params.slice(-2) as [Local, Local];
      code.get(index).i32(1).op("i32.add").get(parts).op("i32.eq");
      code.when(() => this.turns(level, rest, 1, 1, false));
    }
    this.nodes.computed = before;
    this.restore(saved);
    return new Map();
  }

  /** Four elements at a time, then the remainder one by one. */
  private vectorLoop(level: number, isTiled: boolean): Map<Access, number> {
    const { code } = this;
    if (isTiled) {
      const length = this.tileLength();
      const [fours, rest] = [code.local("i32"), code.local("i32")];
      code.get(length).i32(2).op("i32.shr_u").set(fours).get(length).i32(3).op("i32.and").set(rest);
      const saved = this.save(level);
      const before = new Set(this.nodes.computed);
      code.get(fours).when(() => this.vectorTurns(level, fours));
      this.nodes.computed = before;
      code.get(rest).when(() => this.turns(level, rest, 1, 1, false));
      this.restore(saved);
      return new Map();
    }
    const { extent } = this.nest.loops[level]!;
    const before = new Set(this.nodes.computed);
    const ahead = this.vectorTurns(level, Math.floor(extent / 4));
    this.nodes.computed = before;
    if (extent % 4 > 0) addTo(ahead, this.turns(level, extent % 4, 1, 1, false));
    return ahead;
  }

  /** Runs the vectorised loop `count` times, two iterations at once if that pays off. */
  private vectorTurns(level: number, count: number | Local): Map<Access, number> {
    const { code } = this;
    const before = new Set(this.nodes.computed);
    const ahead = new Map<Access, number>();
    const run = (turns: number | Local, step: 4 | 8) => {
      if (turns === 0) return;
      if (typeof turns === "number") addTo(ahead, this.turns(level, turns, step, 4, false));
      else code.get(turns).when(() => this.turns(level, turns, step, 4, false));
      this.nodes.computed = new Set(before);
    };
    if (!this.isPaired) run(count, 4);
    else if (typeof count === "number") {
      run(Math.floor(count / 2), 8);
      run(count % 2, 4);
    } else {
      const [pairs, rest] = [code.local("i32"), code.local("i32")];
      code.get(count).i32(1).op("i32.shr_u").set(pairs).get(count).i32(1).op("i32.and").set(rest);
      run(pairs, 8);
      run(rest, 4);
    }
    return ahead;
  }

  /**
   * Emits a loop of the given number of iterations, each of `step` elements.
   * @returns By how many bytes each pointer has been advanced; empty if the count is known only at run time, since pointers are then reset.
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
      if (level < nest.loops.length - 1) return this.loop(level + 1, width);
      if (step === 8) this.innermostPair();
      else this.innermost(width);
      return nothing;
    };
    const ahead = new Map<Access, number>();
    const turn = () => {
      const inner = body();
      for (const [access, pointer] of this.memory.pointers) {
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
    const moving = [...this.memory.pointers].filter(([{ strides }]) => strides[level] !== 0);
    return moving.map(([, pointer]) => {
      const kept = this.code.local("i32");
      this.code.get(pointer).set(kept);
      return [pointer, kept];
    });
  }

  private restore(saved: readonly [Local, Local][]): void {
    for (const [pointer, kept] of saved) this.code.get(kept).set(pointer);
  }

  /** The length of the current tile; only that of the last tile differs. */
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
    if (this.partial !== null) code.get(this.partial).i32(4).op("i32.add").set(this.partial);
  }

  /** The body for one element, or four. All loads precede all stores, since a store may overwrite a loaded value. */
  private innermost(width: Width): void {
    const { kernel, nest, code } = this;
    const before = new Set(this.nodes.computed);
    for (const { value } of [...kernel.stores, ...kernel.folds]) this.nodes.compute(value, width);
    kernel.folds.forEach(({ value, combine }, i) => {
      const total = this.total(i, width);
      code.get(total).get(this.nodes.localOf(value)).op(operationOf(combine)).set(total);
    });
    kernel.stores.forEach(({ value }, i) =>
      this.memory.store(nest.stores[i]!, this.nodes.localOf(value), value.type, width),
    );
    this.nodes.computed = before;
  }

  /** The body for eight elements: each operation for the first four, then for the next four. The order of summation is unchanged. */
  private innermostPair(): void {
    const { kernel, nest, code } = this;
    const hoisted = this.nodes.computed;
    this.nodes.computePair([...kernel.stores, ...kernel.folds].map(({ value }) => value));
    for (const first of [0, 4] as const) {
      kernel.folds.forEach(({ value, combine }, i) => {
        const total = this.total(i, 4);
        code.get(total).get(this.nodes.localOf(value, first)).op(operationOf(combine)).set(total);
      });
      kernel.stores.forEach(({ value }, i) =>
        this.memory.store(nest.stores[i]!, this.nodes.localOf(value, first), value.type, 4, first),
      );
    }
    this.nodes.computed = hoisted;
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

  /** Stores the totals of the folds, added to those of earlier tiles. */
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
      if (this.partial !== null) {
        const offset = 4 * i * nest.loops[0]!.extent;
        code.get(this.partial).get(four).memory("v128.store32_lane", { offset, lane: 0 });
        return;
      }
      const access = nest.folds[i]!;
      if (this.isFirstTile !== null) {
        code.get(this.isFirstTile).op("i32.eqz");
        code.when(() => {
          this.memory.pushLoad(access, "float32", width);
          code.get(four).op(op).set(four);
        });
      }
      this.memory.store(access, four, "float32", width);
    });
  }
}

/** For pointers that have not been advanced. */
const nothing: ReadonlyMap<Access, number> = new Map();

function addTo(ahead: Map<Access, number>, more: ReadonlyMap<Access, number>): void {
  for (const [access, bytes] of more) ahead.set(access, (ahead.get(access) ?? 0) + bytes);
}

function operationOf(combine: Fold["combine"]): "f32x4.add" | "f32x4.max" {
  return combine === "sum" ? "f32x4.add" : "f32x4.max";
}
