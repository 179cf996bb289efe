/** Types of values on WebAssembly's stack. */
export type ValueType = "i32" | "f32" | "v128";

/** Immediate operands of an opcode: none, a memory argument, one with alignment for atomics, a lane, both, 16 bytes, or 16 lanes. */
export type Immediate = "none" | "memory" | "atomic" | "lane" | "memory and lane" | "bytes" | "lanes";

export interface Instruction {
  readonly code: readonly number[];
  readonly takes: readonly ValueType[];
  readonly gives: ValueType | null;
  readonly immediate: Immediate;
}

const simd = 0xfd;
const threads = 0xfe;

function plain(code: number, takes: readonly ValueType[], gives: ValueType | null, immediate: Immediate = "none") {
  return { code: [code], takes, gives, immediate } satisfies Instruction;
}

function vector(code: number, takes: readonly ValueType[], gives: ValueType | null, immediate: Immediate = "none") {
  // SIMD opcodes are LEB128 numbers after a prefix.
  const number = code < 0x80 ? [code] : [(code & 0x7f) | 0x80, code >> 7];
  return { code: [simd, ...number], takes, gives, immediate } satisfies Instruction;
}

function atomic(code: number, takes: readonly ValueType[], gives: ValueType | null) {
  return { code: [threads, code], takes, gives, immediate: "atomic" } satisfies Instruction;
}

const one = (code: number) => vector(code, ["v128"], "v128");
const two = (code: number) => vector(code, ["v128", "v128"], "v128");
const shift = (code: number) => vector(code, ["v128", "i32"], "v128");
const number = (code: number) => plain(code, ["i32", "i32"], "i32");

/**
 * The instructions that kernels use, named as in WebAssembly's text format, except for control flow and variables, which the
 * function builder writes. Relaxed SIMD is not used because its results differ between machines.
 * @source WebAssembly Core Specification 2.0, section 5.4, and the threads proposal.
 */
export const instructions = {
  "memory.atomic.notify": atomic(0x00, ["i32", "i32"], "i32"),
  "i32.atomic.load": atomic(0x10, ["i32"], "i32"),
  "i32.atomic.store": atomic(0x17, ["i32", "i32"], null),
  "i32.atomic.rmw.add": atomic(0x1e, ["i32", "i32"], "i32"),
  "i32.load": plain(0x28, ["i32"], "i32", "memory"),
  "f32.load": plain(0x2a, ["i32"], "f32", "memory"),
  "i32.load8_u": plain(0x2d, ["i32"], "i32", "memory"),
  "i32.store": plain(0x36, ["i32", "i32"], null, "memory"),
  "f32.store": plain(0x38, ["i32", "f32"], null, "memory"),
  "i32.store8": plain(0x3a, ["i32", "i32"], null, "memory"),
  "i32.eqz": plain(0x45, ["i32"], "i32"),
  "i32.eq": number(0x46),
  "i32.ne": number(0x47),
  "i32.lt_s": number(0x48),
  "i32.lt_u": number(0x49),
  "i32.gt_u": number(0x4b),
  "i32.ge_u": number(0x4f),
  "f32.eq": plain(0x5b, ["f32", "f32"], "i32"),
  "f32.ne": plain(0x5c, ["f32", "f32"], "i32"),
  "f32.gt": plain(0x5e, ["f32", "f32"], "i32"),
  "i32.add": number(0x6a),
  "i32.sub": number(0x6b),
  "i32.mul": number(0x6c),
  "i32.div_u": number(0x6e),
  "i32.rem_u": number(0x70),
  "i32.and": number(0x71),
  "i32.or": number(0x72),
  "i32.shl": number(0x74),
  "i32.shr_u": number(0x76),
  "f32.add": plain(0x92, ["f32", "f32"], "f32"),
  "f32.mul": plain(0x94, ["f32", "f32"], "f32"),
  "v128.load": vector(0, ["i32"], "v128", "memory"),
  "v128.load32_splat": vector(9, ["i32"], "v128", "memory"),
  "v128.store": vector(11, ["i32", "v128"], null, "memory"),
  "v128.const": vector(12, [], "v128", "bytes"),
  "i8x16.shuffle": vector(13, ["v128", "v128"], "v128", "lanes"),
  "i32x4.splat": vector(17, ["i32"], "v128"),
  "f32x4.splat": vector(19, ["f32"], "v128"),
  "i32x4.extract_lane": vector(27, ["v128"], "i32", "lane"),
  "i32x4.replace_lane": vector(28, ["v128", "i32"], "v128", "lane"),
  "f32x4.extract_lane": vector(31, ["v128"], "f32", "lane"),
  "i32x4.eq": two(55),
  "i32x4.ne": two(56),
  "i32x4.lt_s": two(57),
  "i32x4.gt_s": two(59),
  "i32x4.le_s": two(61),
  "i32x4.ge_s": two(63),
  "f32x4.eq": two(65),
  "f32x4.ne": two(66),
  "f32x4.lt": two(67),
  "f32x4.gt": two(68),
  "f32x4.le": two(69),
  "f32x4.ge": two(70),
  "f64x2.eq": two(71),
  "f64x2.lt": two(73),
  "f64x2.gt": two(74),
  "v128.not": one(77),
  "v128.and": two(78),
  "v128.andnot": two(79),
  "v128.or": two(80),
  "v128.xor": two(81),
  "v128.bitselect": vector(82, ["v128", "v128", "v128"], "v128"),
  "v128.load8_lane": vector(84, ["i32", "v128"], "v128", "memory and lane"),
  "v128.load32_lane": vector(86, ["i32", "v128"], "v128", "memory and lane"),
  "v128.store8_lane": vector(88, ["i32", "v128"], null, "memory and lane"),
  "v128.store32_lane": vector(90, ["i32", "v128"], null, "memory and lane"),
  "v128.load32_zero": vector(92, ["i32"], "v128", "memory"),
  "f32x4.demote_f64x2_zero": one(94),
  "f64x2.promote_low_f32x4": one(95),
  "f32x4.ceil": one(103),
  "f32x4.floor": one(104),
  "f32x4.trunc": one(105),
  "f32x4.nearest": one(106),
  "i16x8.extend_low_i8x16_u": one(137),
  "f64x2.nearest": one(148),
  "i32x4.neg": one(161),
  "i32x4.extend_low_i16x8_u": one(169),
  "i32x4.shl": shift(171),
  "i32x4.shr_s": shift(172),
  "i32x4.shr_u": shift(173),
  "i32x4.add": two(174),
  "i32x4.sub": two(177),
  "i32x4.mul": two(181),
  "i32x4.min_s": two(182),
  "i64x2.shl": shift(203),
  "i64x2.shr_s": shift(204),
  "i64x2.shr_u": shift(205),
  "i64x2.add": two(206),
  "i64x2.sub": two(209),
  "f32x4.abs": one(224),
  "f32x4.neg": one(225),
  "f32x4.sqrt": one(227),
  "f32x4.add": two(228),
  "f32x4.sub": two(229),
  "f32x4.mul": two(230),
  "f32x4.div": two(231),
  "f32x4.min": two(232),
  "f32x4.max": two(233),
  "f32x4.pmin": two(234),
  "f32x4.pmax": two(235),
  "f64x2.abs": one(236),
  "f64x2.neg": one(237),
  "f64x2.sqrt": one(239),
  "f64x2.add": two(240),
  "f64x2.sub": two(241),
  "f64x2.mul": two(242),
  "f64x2.div": two(243),
  "f64x2.min": two(244),
  "f64x2.max": two(245),
  "i32x4.trunc_sat_f32x4_s": one(248),
  "f32x4.convert_i32x4_s": one(250),
  "i32x4.trunc_sat_f64x2_s_zero": one(252),
  "f64x2.convert_low_i32x4_s": one(254),
  "f64x2.convert_low_i32x4_u": one(255),
} as const satisfies Record<string, Instruction>;

export type InstructionName = keyof typeof instructions;
