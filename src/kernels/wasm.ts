import { imports } from "./imports.ts";
import { type Instruction, type InstructionName, type ValueType, instructions } from "./instructions.ts";

/** Bytes of WebAssembly under construction. */
class Bytes {
  private readonly list: number[] = [];

  get length(): number {
    return this.list.length;
  }

  byte(value: number): this {
    this.list.push(value);
    return this;
  }

  raw(values: Iterable<number>): this {
    for (const value of values) this.list.push(value);
    return this;
  }

  /** Unsigned LEB128. */
  unsigned(value: number): this {
    let rest = value;
    do {
      const low = rest & 0x7f;
      rest = Math.floor(rest / 128);
      this.list.push(rest === 0 ? low : low | 0x80);
    } while (rest !== 0);
    return this;
  }

  /** Signed LEB128 of a 32-bit integer. */
  signed(value: number): this {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      const last = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
      this.list.push(last ? low : low | 0x80);
      if (last) return this;
    }
  }

  /** Signed LEB128 of a nonnegative 64-bit integer. */
  signedLong(value: number): this {
    let rest = value;
    for (;;) {
      const low = rest % 128;
      rest = Math.floor(rest / 128);
      const last = rest === 0 && low < 0x40;
      this.list.push(last ? low : low | 0x80);
      if (last) return this;
    }
  }

  name(text: string): this {
    const encoded = new TextEncoder().encode(text);
    return this.unsigned(encoded.length).raw(encoded);
  }

  /** Appends a part, preceded by its length. */
  sized(part: Bytes): this {
    return this.unsigned(part.length).raw(part.list);
  }

  vector(parts: readonly Bytes[]): this {
    this.unsigned(parts.length);
    for (const part of parts) this.raw(part.list);
    return this;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.list);
  }
}

const typeCodes = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const satisfies Record<ValueType, number>;
const noResult = 0x40;

/** A local variable or parameter of a function. */
export interface Local {
  readonly index: number;
  readonly type: ValueType;
}

/** A memory operand, relative to the address on the stack. */
export interface MemoryPlace {
  readonly offset?: number;
  readonly lane?: number;
}

/**
 * Builds the body of one function, instruction by instruction. It tracks the types on the stack, so that a mistake is
 * reported where it is made rather than by an engine as a byte offset.
 */
export class FunctionBuilder {
  private readonly code = new Bytes();
  private readonly locals: ValueType[] = [];
  private readonly stack: ValueType[] = [];
  readonly params: readonly Local[];

  constructor(params: readonly ValueType[]) {
    this.params = params.map((type, index) => ({ index, type }));
  }

  local(type: ValueType): Local {
    this.locals.push(type);
    return { index: this.params.length + this.locals.length - 1, type };
  }

  get(local: Local): this {
    this.code.byte(0x20).unsigned(local.index);
    return this.push(local.type);
  }

  set(local: Local): this {
    this.code.byte(0x21).unsigned(local.index);
    return this.pop(local.type, "local.set");
  }

  tee(local: Local): this {
    this.code.byte(0x22).unsigned(local.index);
    return this.pop(local.type, "local.tee").push(local.type);
  }

  i32(value: number): this {
    this.code.byte(0x41).signed(value);
    return this.push("i32");
  }

  f32(value: number): this {
    this.code.byte(0x43).raw(new Uint8Array(Float32Array.of(value).buffer));
    return this.push("f32");
  }

  /** An instruction without immediates. */
  op(name: InstructionName): this {
    return this.write(name, "none", () => {});
  }

  /** A load or a store; `lane` if it moves a single lane. */
  memory(name: InstructionName, { offset = 0, lane }: MemoryPlace = {}): this {
    return this.write(name, lane === undefined ? "memory" : "memory and lane", () => {
      // An alignment hint of one byte is always valid, and costs nothing if the address is aligned.
      this.code.byte(0).unsigned(offset);
      if (lane !== undefined) this.code.byte(lane);
    });
  }

  /** An atomic instruction on a 32-bit word, which threads share. */
  atomic(name: InstructionName, offset = 0): this {
    return this.write(name, "atomic", () => this.code.byte(2).unsigned(offset));
  }

  /**
   * Sleeps while the word at an address has an expected value, for at most this many nanoseconds. Takes the address and the value
   * from the stack, and pushes 0 (woken), 1 (another value) or 2 (timed out).
   */
  sleep(nanoseconds: number, offset = 0): this {
    this.code.byte(0x42).signedLong(nanoseconds).raw([0xfe, 0x01]).byte(2).unsigned(offset);
    return this.popI32s(2).push("i32");
  }

  drop(): this {
    this.code.byte(0x1a);
    return this.popI32s(1);
  }

  lane(name: InstructionName, lane: number): this {
    return this.write(name, "lane", () => this.code.byte(lane));
  }

  /** Sixteen bytes as a constant. */
  v128(bytes: Uint8Array): this {
    return this.write("v128.const", "bytes", () => this.code.raw(bytes));
  }

  shuffle(lanes: readonly number[]): this {
    return this.write("i8x16.shuffle", "lanes", () => this.code.raw(lanes));
  }

  /** Copies bytes: target, source and length are on the stack. */
  copyMemory(): this {
    this.code.byte(0xfc).unsigned(10).byte(0).byte(0);
    return this.popI32s(3);
  }

  /** Fills bytes: target, value and length are on the stack. */
  fillMemory(): this {
    this.code.byte(0xfc).unsigned(11).byte(0);
    return this.popI32s(3);
  }

  call(index: number, params: readonly ValueType[]): this {
    this.code.byte(0x10).unsigned(index);
    for (const type of params.toReversed()) this.pop(type, "call");
    return this;
  }

  /** Runs `body` at least once, and repeats it as long as it leaves a number other than 0 on the stack. */
  loop(body: () => void): this {
    this.code.byte(0x03).byte(noResult);
    const depth = this.stack.length;
    body();
    this.code.byte(0x0d).unsigned(0);
    this.pop("i32", "br_if").balanced(depth, "loop").code.byte(0x0b);
    return this;
  }

  /** Runs `body` again and again until a call of `leaveIf` in it finds a number other than 0 on the stack. */
  loopUntil(body: (leaveIf: () => void) => void): this {
    this.code.byte(0x02).byte(noResult).byte(0x03).byte(noResult);
    const depth = this.stack.length;
    body(() => {
      this.code.byte(0x0d).unsigned(1);
      this.pop("i32", "br_if").balanced(depth, "loop");
    });
    this.balanced(depth, "loop").code.byte(0x0c).unsigned(0).byte(0x0b).byte(0x0b);
    return this;
  }

  /** Runs `body` if the number on the stack is not 0. */
  when(body: () => void): this {
    this.code.byte(0x04).byte(noResult);
    const depth = this.pop("i32", "if").stack.length;
    body();
    this.balanced(depth, "if").code.byte(0x0b);
    return this;
  }

  /** The body with its locals, in the form of the code section. */
  finish(): Bytes {
    this.balanced(0, "function");
    const groups: [ValueType, number][] = [];
    for (const type of this.locals) {
      const last = groups.at(-1);
      if (last?.[0] === type) last[1]++;
      else groups.push([type, 1]);
    }
    const body = new Bytes().vector(groups.map(([type, count]) => new Bytes().unsigned(count).byte(typeCodes[type])));
    return body.raw(this.code.finish()).byte(0x0b);
  }

  private write(name: InstructionName, immediate: Instruction["immediate"], after: () => void): this {
    const instruction: Instruction = instructions[name];
    if (instruction.immediate !== immediate) {
      throw new TypeError(`wasm: ${name} is followed by ${instruction.immediate} - got ${immediate}`);
    }
    this.code.raw(instruction.code);
    after();
    for (const type of instruction.takes.toReversed()) this.pop(type, name);
    return instruction.gives === null ? this : this.push(instruction.gives);
  }

  private push(type: ValueType): this {
    this.stack.push(type);
    return this;
  }

  private pop(type: ValueType, where: string): this {
    const top = this.stack.pop();
    if (top !== type) throw new TypeError(`wasm: ${where} takes ${type} - got ${top ?? "nothing"}`);
    return this;
  }

  private popI32s(count: number): this {
    for (let i = 0; i < count; i++) this.pop("i32", "memory");
    return this;
  }

  private balanced(depth: number, where: string): this {
    if (this.stack.length !== depth) {
      throw new TypeError(`wasm: a ${where} must leave the stack as it was - got ${this.stack.length - depth} more`);
    }
    return this;
  }
}

export interface MemoryLimits {
  /** Minimum size of the memory, in pages of 64 KiB. */
  readonly pages: number;
  /** Maximum number of pages, which a shared memory must declare. */
  readonly shared?: number;
}

/** Builds a module of functions without results that use one imported memory. */
export class ModuleBuilder {
  private readonly types: string[] = [];
  private readonly typeBytes: Bytes[] = [];
  private readonly imports: Bytes[] = [];
  private readonly functions: { readonly type: number; readonly body: Bytes }[] = [];
  private readonly exports: Bytes[] = [];

  /** Imports a function without parameters, before others are added, and returns its index. */
  import(name: string): number {
    if (this.functions.length > 0) throw new TypeError("wasm: imports come before the functions of the module");
    const index = this.imports.length;
    this.imports.push(new Bytes().name(imports.module).name(name).byte(0).unsigned(this.typeOf([])));
    return index;
  }

  /** Adds a function and returns its index. */
  add(builder: FunctionBuilder, exported?: string): number {
    const index = this.imports.length + this.functions.length;
    this.functions.push({ type: this.typeOf(builder.params.map(({ type }) => type)), body: builder.finish() });
    if (exported !== undefined) this.exports.push(new Bytes().name(exported).byte(0).unsigned(index));
    return index;
  }

  finish({ pages, shared }: MemoryLimits): Uint8Array<ArrayBuffer> {
    const memory = new Bytes().name(imports.module).name(imports.memory).byte(2);
    if (shared === undefined) memory.byte(0).unsigned(pages);
    else memory.byte(3).unsigned(pages).unsigned(shared);
    const module = new Bytes().raw([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    const section = (id: number, parts: readonly Bytes[]) => module.byte(id).sized(new Bytes().vector(parts));
    section(1, this.typeBytes);
    section(2, [memory, ...this.imports]);
    section(
      3,
      this.functions.map(({ type }) => new Bytes().unsigned(type)),
    );
    section(7, this.exports);
    section(
      10,
      this.functions.map(({ body }) => new Bytes().sized(body)),
    );
    return module.finish();
  }

  private typeOf(params: readonly ValueType[]): number {
    const key = params.join();
    const known = this.types.indexOf(key);
    if (known >= 0) return known;
    this.types.push(key);
    this.typeBytes.push(
      new Bytes()
        .byte(0x60)
        .unsigned(params.length)
        .raw(params.map((type) => typeCodes[type]))
        .byte(0),
    );
    return this.types.length - 1;
  }
}
