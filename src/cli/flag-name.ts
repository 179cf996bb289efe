/** `learningRate` as `--learning-rate`, `n` as `-n`. */
export function flagOf(name: string): string {
  if (name.length === 1) return `-${name}`;
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
