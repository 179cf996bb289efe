import { significant } from "../base/digits.ts";
import { maxOf } from "../base/many.ts";

/** `1h 02m`, `3m 05s`, `7s`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  if (h > 0) return `${h}h ${two(m)}m`;
  return m > 0 ? `${m}m ${two(s)}s` : `${s}s`;
}

/** Rounded as an estimate: `5 s`, `40 s`, `4 min`, `2 h`. */
export function roughly(seconds: number): string {
  if (seconds < 90) return `${Math.max(5, 5 * Math.round(seconds / 5))} s`;
  const minutes = seconds / 60;
  if (minutes < 90) return `${Math.round(minutes)} min`;
  const hours = minutes / 60;
  return hours < 48 ? `${Math.round(2 * hours) / 2} h` : `${Math.round(hours / 24)} days`;
}

/** `60,000`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** `3 images`, `1 image`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** About five significant digits. */
export function number(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-3 && size < 1e6)) return String(significant(value, 5));
  return value.toExponential(3);
}

/** A number with enough digits to distinguish it from others that differ by about `spread`. */
export function numberApart(value: number, spread: number): string {
  const digits = Math.ceil(Math.log10(Math.abs(value) / spread)) + 3;
  return digits > 5 && Number.isFinite(digits) ? String(significant(value, Math.min(17, digits))) : number(value);
}

/** Rows with aligned columns. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const columns = maxOf([0, ...rows.map((row) => row.length)]);
  const widths = Array.from({ length: columns }, (_, i) => maxOf(rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join("  ")
      .trimEnd(),
  );
}
