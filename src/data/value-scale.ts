import { significant } from "../base/digits.ts";

/** Types of the numbers in files. */
export type NumberType =
  | "bool"
  | "uint8"
  | "uint10"
  | "uint12"
  | "uint14"
  | "uint16"
  | "uint32"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint64"
  | "float16"
  | "float32"
  | "float64";

/** How numbers of a type are scaled to [0, 1]: `low` becomes 0 and `high` becomes 1. */
export interface ValueScale {
  readonly type: NumberType;
  readonly low: number;
  readonly high: number;
}

/** Black and white as defined by the type; floats are used unchanged. For signed integers they are not defined. */
const scales: Partial<Record<NumberType, readonly [low: number, high: number]>> = {
  bool: [0, 1],
  uint8: [0, 2 ** 8 - 1],
  uint10: [0, 2 ** 10 - 1],
  uint12: [0, 2 ** 12 - 1],
  uint14: [0, 2 ** 14 - 1],
  uint16: [0, 2 ** 16 - 1],
  uint32: [0, 2 ** 32 - 1],
  float16: [0, 1],
  float32: [0, 1],
  float64: [0, 1],
};

/**
 * How far floats may lie outside [0, 1] to be clipped: less than a quarter of an 8-bit level, which covers rounding and
 * half precision. Values beyond are refused.
 */
const rounding = 1e-3;

/** Why numbers cannot be scaled to [0, 1], with the first one and what to do. */
export class ValueFault {
  constructor(
    readonly at: number,
    readonly reason: string,
    readonly hint: string,
  ) {}
}

/** The scaling of a number type to [0, 1]; null if the type does not define black and white. */
export function scaleOf(type: NumberType): ValueScale | null {
  const range = scales[type];
  return range === undefined ? null : { type, low: range[0], high: range[1] };
}

/**
 * Scales numbers of images to [0, 1]; the only place that decides how. The range is that of the type, never that of the
 * values at hand: a dark image stays dark. Floats must be in [0, 1] already, up to rounding, and are clipped.
 */
export function toUnitRange(data: ArrayLike<number>, type: NumberType): Float32Array<ArrayBuffer> | ValueFault {
  const scale = scaleOf(type);
  if (scale === null) return faultOf(data, type);
  const { low, high } = scale;
  const whole = high > 1 || type === "bool";
  const margin = whole ? 0 : rounding;
  const span = high - low;
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = (data[i]! - low) / span;
    // Written so that it is true for NaN.
    if (!(value >= -margin && value <= 1 + margin)) return faultOf(data, type);
    out[i] = value < 0 ? 0 : value > 1 ? 1 : value;
  }
  return out;
}

/** Names the first invalid number, and its likely cause according to the range of all numbers. */
function faultOf(data: ArrayLike<number>, type: NumberType): ValueFault {
  let [min, max] = [Infinity, -Infinity];
  let odd = -1;
  let beyond = -1;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!Number.isFinite(value)) {
      if (odd < 0) odd = i;
      continue;
    }
    if (beyond < 0 && (value < -rounding || value > 1 + rounding)) beyond = i;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (odd >= 0) return new ValueFault(odd, `${data[odd]} among its ${type} numbers`, "remove or repair it");
  const reason = `${type} numbers from ${brief(min)} to ${brief(max)}, which do not define black and white`;
  return new ValueFault(Math.max(0, beyond), reason, remedyFor(min, max, type));
}

/** White of signed integers that use only their positive half: one bit less. */
const signedHigh: Partial<Record<NumberType, number>> = { int8: 2 ** 7 - 1, int16: 2 ** 15 - 1 };

function remedyFor(min: number, max: number, type: NumberType): string {
  if (min >= 0 && max <= 1) return 'save a mask of 0 and 1 as (255 * a).astype("uint8")';
  if (min >= -0.1 && max <= 1.1) return "clip the values to [0, 1]: numpy.clip(a, 0, 1)";
  if (min >= -1 - rounding && max <= 1 + rounding) return "convert values in [-1, 1] with (a + 1) / 2";
  const signed = signedHigh[type];
  if (min >= 0 && signed !== undefined && (max > 4095 || signed < 255)) {
    return `convert values in [0, ${signed}] with a / ${signed}`;
  }
  if (min >= 0 && max <= 255) return 'values in [0, 255] become [0, 1] by a / 255, or save them with a.astype("uint8")';
  if (min >= 0 && max <= 4095) return "convert 12-bit values with a / 4095, 16-bit values with a / 65535";
  if (min >= 0 && max <= 65535) return "convert 16-bit values with a / 65535, 15-bit values with a / 32767";
  return "convert them with (a - low) / (high - low), with the same low and high for all images";
}

function brief(value: number): string {
  return String(significant(value, 6));
}
