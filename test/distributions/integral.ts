/** Of a smooth function, by Simpson's rule. */
export function integral(f: (x: number) => number, from: number, to: number, pieces = 4000): number {
  const width = (to - from) / pieces;
  let total = f(from) + f(to);
  for (let i = 1; i < pieces; i++) total += (i % 2 === 0 ? 2 : 4) * f(from + i * width);
  return (total * width) / 3;
}
