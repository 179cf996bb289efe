import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import openWabt from "wabt";

import { type InstructionName, type ValueType, instructions } from "../../src/kernels/instructions.ts";
import { FunctionBuilder, type Local, ModuleBuilder } from "../../src/kernels/wasm.ts";

let wabt: Awaited<ReturnType<typeof openWabt>>;
beforeAll(async () => {
  wabt = await openWabt();
});

/** The bytes that wabt makes of a module in WebAssembly's text format. */
function assembled(text: string): Uint8Array {
  const module = wabt.parseWat("own.wat", text, { simd: true, threads: true, bulk_memory: true });
  const { buffer } = module.toBinary({ log: false, canonicalize_lebs: true, write_debug_names: false });
  module.destroy();
  return buffer;
}

/** A function built by us and written as text, step by step. */
class Pair {
  readonly params = ["i32", "f32", "v128"] as const;
  readonly builder = new FunctionBuilder(this.params);
  readonly locals: Local[] = [...this.builder.params];
  readonly lines: string[] = [];
  private readonly declared: string[] = [];

  local(type: ValueType): Local {
    const local = this.builder.local(type);
    this.locals.push(local);
    this.declared.push(type);
    return local;
  }

  any(type: ValueType): Local {
    return this.locals.findLast((local) => local.type === type) ?? this.local(type);
  }

  get(local: Local): void {
    this.builder.get(local);
    this.lines.push(`local.get ${local.index}`);
  }

  set(local: Local): void {
    this.builder.set(local);
    this.lines.push(`local.set ${local.index}`);
  }

  text(): string {
    const locals = this.declared.map((type) => `(local ${type})`).join(" ");
    return `(func (param ${this.params.join(" ")}) ${locals}\n${this.lines.join("\n")})`;
  }
}

interface Step {
  readonly name:
    | InstructionName
    | "sleep"
    | "drop"
    | "loop"
    | "loopUntil"
    | "when"
    | "i32"
    | "f32"
    | "copy"
    | "fill"
    | "call";
  readonly number: number;
  readonly bytes: Uint8Array;
}

function write(pair: Pair, { name, number, bytes }: Step, rest: Step[]): void {
  const { builder, lines } = pair;
  if (name === "i32" || name === "f32") {
    const value = name === "f32" ? Math.fround(number / 7) : number;
    if (name === "i32") builder.i32(value);
    else builder.f32(value);
    lines.push(`${name}.const ${value}`);
    return pair.set(pair.local(name));
  }
  if (name === "loop" || name === "loopUntil" || name === "when") {
    const body = rest.splice(0, 2);
    const inside = () => {
      for (const step of body) write(pair, step, []);
    };
    if (name === "loop") {
      lines.push("loop");
      builder.loop(() => {
        inside();
        pair.get(pair.any("i32"));
      });
      lines.push("br_if 0", "end");
    } else if (name === "loopUntil") {
      lines.push("block", "loop");
      builder.loopUntil((leaveIf) => {
        for (const step of body) {
          write(pair, step, []);
          pair.get(pair.any("i32"));
          leaveIf();
          lines.push("br_if 1");
        }
      });
      lines.push("br 0", "end", "end");
    } else {
      pair.get(pair.any("i32"));
      lines.push("if");
      builder.when(inside);
      lines.push("end");
    }
    return;
  }
  if (name === "copy" || name === "fill") {
    for (let i = 0; i < 3; i++) pair.get(pair.any("i32"));
    if (name === "copy") builder.copyMemory();
    else builder.fillMemory();
    lines.push(`memory.${name}`);
    return;
  }
  if (name === "sleep") {
    for (let i = 0; i < 2; i++) pair.get(pair.any("i32"));
    const [nanoseconds, offset] = [1000 * Math.abs(number), Math.abs(number)];
    builder.sleep(nanoseconds, offset);
    lines.push(`i64.const ${nanoseconds}`, `memory.atomic.wait32 offset=${offset}`);
    return pair.set(pair.local("i32"));
  }
  if (name === "drop") {
    pair.get(pair.any("i32"));
    builder.drop();
    lines.push("drop");
    return;
  }
  if (name === "call") {
    for (const type of pair.params) pair.get(pair.any(type));
    builder.call(0, pair.params);
    lines.push("call 0");
    return;
  }
  const { takes, gives, immediate } = instructions[name];
  for (const type of takes) pair.get(pair.any(type));
  const lanes = name.includes("lane") ? { i32x4: 4, f32x4: 4, "v128.load8": 16, "v128.store8": 16 } : {};
  const count = Object.entries(lanes).find(([prefix]) => name.startsWith(prefix))?.[1] ?? 4;
  const lane = bytes[0]! % count;
  const offset = Math.abs(number);
  const written = {
    none: () => (builder.op(name), name),
    memory: () => (builder.memory(name, { offset }), `${name} offset=${offset} align=1`),
    atomic: () => (builder.atomic(name, offset), `${name} offset=${offset}`),
    "memory and lane": () => (builder.memory(name, { offset, lane }), `${name} offset=${offset} align=1 ${lane}`),
    lane: () => (builder.lane(name, lane), `${name} ${lane}`),
    bytes: () => (builder.v128(bytes), `v128.const i8x16 ${[...bytes].join(" ")}`),
    lanes: () => {
      const order = [...bytes].map((byte) => byte % 32);
      builder.shuffle(order);
      return `i8x16.shuffle ${order.join(" ")}`;
    },
  }[immediate]();
  lines.push(written);
  if (gives !== null) pair.set(pair.local(gives));
}

const names = [
  ...(Object.keys(instructions) as InstructionName[]),
  "sleep",
  "drop",
  "loop",
  "loopUntil",
  "when",
  "i32",
  "f32",
  "copy",
  "fill",
  "call",
];
const step = fc.record({
  name: fc.constantFrom(...(names as Step["name"][])),
  number: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  bytes: fc.uint8Array({ minLength: 16, maxLength: 16 }),
});

function moduleOf(functions: readonly Step[][], shared: boolean) {
  const module = new ModuleBuilder();
  const texts = functions.map((steps, i) => {
    const pair = new Pair();
    const rest = [...steps];
    while (rest.length > 0) write(pair, rest.shift()!, rest);
    module.add(pair.builder, i === 0 ? "run" : undefined);
    return pair.text();
  });
  const limits = shared ? "300 65536 shared" : "3";
  const text = `(module (import "zaya" "memory" (memory ${limits}))\n${texts.join("\n")}\n(export "run" (func 0)))`;
  return { bytes: module.finish(shared ? { pages: 300, shared: 65536 } : { pages: 3 }), text };
}

describe("the encoder", () => {
  it("encodes each instruction as wabt does", () => {
    for (const name of names as Step["name"][]) {
      const bytes = Uint8Array.from({ length: 16 }, (_, i) => (i * 37 + 5) % 256);
      const { bytes: own, text } = moduleOf([[{ name, number: 0x12345678, bytes }]], false);
      expect([...own], name).toEqual([...assembled(text)]);
    }
  });

  it("encodes any module as wabt does", () => {
    const body = fc.array(step, { maxLength: 40 });
    fc.assert(
      fc.property(fc.array(body, { minLength: 1, maxLength: 3 }), fc.boolean(), (functions, shared) => {
        const { bytes, text } = moduleOf(functions, shared);
        expect([...bytes]).toEqual([...assembled(text)]);
        expect(WebAssembly.validate(bytes)).toBe(true);
      }),
      { numRuns: 200, seed: 5 },
    );
  });

  it("rejects a body with a type error, at its position", () => {
    const f = () => new FunctionBuilder(["i32", "v128"]);
    const [number, vector] = f().params as [Local, Local];
    expect(() => f().get(number).get(vector).op("i32.add")).toThrow("i32.add takes i32 - got v128");
    expect(() => f().op("f32x4.neg")).toThrow("f32x4.neg takes v128 - got nothing");
    expect(() => f().get(number).finish()).toThrow("a function must leave the stack as it was - got 1 more");
    expect(() => f().get(vector).set(number)).toThrow("local.set takes i32 - got v128");
    expect(() => f().get(number).op("i32.load")).toThrow("i32.load is followed by memory - got none");
  });
});
