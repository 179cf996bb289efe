/** Mean of terms, and its standard error as if they were independent; NaN for a single one. */
export function meanWithError(terms: Float64Array): { readonly mean: number; readonly stderr: number } {
  const n = terms.length;
  const mean = terms.reduce((sum, term) => sum + term, 0) / n;
  const squares = terms.reduce((sum, term) => sum + (term - mean) ** 2, 0);
  return { mean, stderr: Math.sqrt(squares / (n - 1) / n) };
}
