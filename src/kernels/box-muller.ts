import { cosineSeries, ln2, logEven, logOdd, quarterTurn, radians, sineSeries } from "../base/box-muller.ts";
import { doubles, highHalf, splitDoubles } from "./elementary.ts";
import type { InstructionName } from "./instructions.ts";
import type { Node, Nodes } from "./scalars.ts";

/** The operations of `boxMuller` in src/base, in the same order: two vectors of words become two of standard normal numbers. */
export function normals(k: Nodes, left: Node, right: Node): [Node, Node] {
  const { quarters, cosines, sines } = unrounded(k, left, right);
  const [cosine, sine] = [cosines, sines].map((halves) => {
    const [low, high] = halves.map((x) => k.apply("f32x4.demote_f64x2_zero", "float32", x));
    return k.shuffle("float32", low!, high!, [0, 1, 4, 5]);
  }) as [Node, Node];

  const isOdd = k.shift("i32x4.shr_s", "bool", k.shift("i32x4.shl", "int32", quarters, 31), 31);
  const signed = (x: Node, quarter: Node) => {
    const sign = k.apply("v128.and", "int32", k.shift("i32x4.shl", "int32", quarter, 30), k.bits(-(2 ** 31)));
    return k.apply("v128.xor", "float32", x, sign);
  };
  const a = signed(k.select(isOdd, sine, cosine), k.apply("i32x4.add", "int32", quarters, k.whole(1)));
  const b = signed(k.select(isOdd, cosine, sine), quarters);
  return [k.shuffle("float32", a, b, [0, 4, 1, 5]), k.shuffle("float32", a, b, [2, 6, 3, 7])];
}

/** Numbers of four pairs of words in float64, two pairs in a vector, for the angles beyond quarter turns. */
export function unrounded(
  k: Nodes,
  left: Node,
  right: Node,
): { quarters: Node; cosines: readonly Node[]; sines: readonly Node[] } {
  const first = k.shuffle("int32", left, right, [0, 2, 4, 6]);
  const second = k.shuffle("int32", left, right, [1, 3, 5, 7]);
  const sum = k.apply("i32x4.add", "int32", k.shift("i32x4.shr_u", "int32", second, 29), k.whole(1));
  const quarters = k.shift("i32x4.shr_u", "int32", sum, 1);
  const high = (x: Node) => highHalf(k, "int32", x);
  const halves = [scaled(k, first, second, quarters), scaled(k, high(first), high(second), high(quarters))];
  return { quarters, cosines: halves.map(([cosine]) => cosine), sines: halves.map(([, sine]) => sine) };
}

/** Cosines and sines of the angles of two words beyond quarter turns, times the radii of two others. */
function scaled(k: Nodes, first: Node, second: Node, quarters: Node): [cosine: Node, sine: Node] {
  const { add, sub, mul, div, polynomial } = doubles(k);
  const [half, one] = [k.double(0.5), k.double(1)];
  const apply = (op: InstructionName, x: Node) => k.apply(op, "float64", x);

  const split = splitDoubles(k, add(apply("f64x2.convert_low_i32x4_u", first), half));
  const e = sub(split.e, k.double(32));
  const f = sub(split.m, one);
  const s = div(f, add(f, k.double(2)));
  const z = mul(s, s);
  const w = mul(z, z);
  const series = add(mul(polynomial(logOdd, w), z), mul(polynomial(logEven, w), w));
  const halfSquare = mul(mul(f, f), half);
  const low = add(mul(add(halfSquare, series), s), mul(e, k.double(ln2[1])));
  const log = sub(mul(e, k.double(ln2[0])), sub(sub(halfSquare, low), f));
  const radius = apply("f64x2.sqrt", mul(log, k.double(-2)));

  const quarter = apply("f64x2.convert_low_i32x4_s", quarters);
  const angle = mul(apply("f64x2.convert_low_i32x4_u", second), k.double(radians));
  const x = quarterTurn.reduce((rest, part) => sub(rest, mul(quarter, k.double(part))), angle);
  const y = mul(x, x);
  const sine = add(mul(polynomial(sineSeries, y), mul(y, x)), x);
  const rest = mul(polynomial(cosineSeries, y), mul(y, y));
  const halfY = mul(y, half);
  const near = sub(one, halfY);
  const cosine = add(add(sub(sub(one, near), halfY), rest), near);
  return [mul(cosine, radius), mul(sine, radius)];
}
