import { significant } from "../base/digits.ts";
import { maxOf } from "../base/many.ts";

/** Four significant digits; whole numbers in full. `−` and `∞` are typographic. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  const size = Math.abs(value);
  return (value < 0 ? "−" : "") + (size === Infinity ? "∞" : formatSize(size));
}

function formatSize(size: number): string {
  const whole = Number.isInteger(size) && size < 1e9;
  if (!whole && (size < 1e-3 || size >= 1e7)) return withExponent(size, 3);
  const rounded = size < 1e4 && !whole ? significant(size, 4) : Math.round(size);
  return rounded.toLocaleString("en-US", { maximumFractionDigits: 12 });
}

/** A value rounded to the precision of its standard error, `x ± s`. */
export function formatEstimate(value: number, stderr: number): string {
  if (!Number.isFinite(value) || !Number.isFinite(stderr)) return formatNumber(value);
  const decimals = stderr > 0 ? 1 - Math.floor(Math.log10(stderr)) : 0;
  const plain = stderr > 0 && decimals <= 8 && Math.abs(value) < 1e7;
  if (!plain) return `${formatNumber(value)} ± ${formatNumber(significant(stderr, 2))}`;
  const fixed = (x: number) => withDecimals(x, Math.max(0, decimals));
  return `${fixed(value)} ± ${fixed(stderr)}`;
}

function withDecimals(value: number, decimals: number): string {
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return value.toLocaleString("en-US", digits).replace(/^-/, "−");
}

function withExponent(value: number, digits: number): string {
  const text = value.toExponential(digits);
  return text
    .replace(/(\.\d*?)0*e/, "$1e")
    .replace(/\.?e\+?/, "e")
    .replace(/^-/, "−");
}

/** A step of 1, 2 or 5 times a power of ten, at most `count` of them between two numbers. */
export function niceStep(from: number, to: number, count: number): number {
  const rough = (to - from) / count;
  const exponent = Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((each) => each * Number(`1e${exponent}`) >= rough * (1 - 1e-9));
  return Number(`${factor ?? 10}e${exponent}`);
}

/** Evenly spaced round numbers from `from` to the larger `to`, at most `count + 1`. */
export function niceTicks(from: number, to: number, count: number): number[] {
  const step = niceStep(from, to, count);
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => significant((first + i) * step, 12));
}

/** One label per tick, with enough digits to distinguish neighbours. */
export function tickLabels(ticks: readonly number[]): string[] {
  if (ticks.length < 2) return ticks.map(formatNumber);
  const largest = maxOf(ticks.map(Math.abs));
  const step = ticks[1]! - ticks[0]!;
  const digits = Math.max(0, Math.floor(Math.log10(largest)) - Math.floor(Math.log10(step) + 1e-9));
  return ticks.map((tick) => {
    if (tick === 0) return "0";
    if (largest >= 1e9 || largest < 1e-3) return withExponent(tick, digits);
    const [divisor, suffix] = largest >= 1e6 ? [1e6, "M"] : largest >= 1e4 ? [1e3, "k"] : [1, ""];
    const decimals = Math.max(0, -Math.floor(Math.log10(step / divisor) + 1e-9));
    return withDecimals(tick / divisor, decimals) + suffix;
  });
}
