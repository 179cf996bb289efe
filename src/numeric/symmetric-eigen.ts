import { DataError } from "../base/errors.ts";

/** Eigenvalues and eigenvectors: vector `i` is row `i` of `vectors`, [n, n]. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/** Maximum number of sweeps per eigenvalue; two or three are usual. */
const maxSweeps = 60;

/**
 * Eigenvalues and eigenvectors of a symmetric matrix [n, n] in float64, in no particular order: Householder reduction to
 * tridiagonal form, then QL steps with Wilkinson's shift. Vectors are stored as rows, so that each rotation is contiguous.
 * @throws DataError if the matrix contains a number that is not finite.
 * @source Golub, Van Loan, "Matrix Computations", 4th edition, sections 8.3.1 and 8.3.5; Bowdler et al., "The QR and QL
 * algorithms for symmetric matrices", Numerische Mathematik 11, 1968.
 */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  if (!matrix.every(Number.isFinite)) throw new DataError("the entries of a matrix must be finite");
  const vectors = new Float64Array(n * n);
  const { diagonal, beside } = toThreeDiagonals(matrix.slice(), n, vectors);
  toOneDiagonal(diagonal, beside, vectors, n);
  return { values: diagonal, vectors };
}

/**
 * Reduces `a` to tridiagonal form by Householder reflections, overwriting it; `vectors` becomes the transpose of their product.
 * The result is [diagonal, beside], where `beside[i]` couples rows `i` and `i + 1`.
 */
function toThreeDiagonals(a: Float64Array, n: number, vectors: Float64Array) {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n);
  const product = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let k = 0; k < n - 2; k++) {
    // The reflector's vector is stored in row k instead of column k (they are equal by symmetry), where it is contiguous.
    const row = a.subarray(k * n, (k + 1) * n);
    diagonal[k] = row[k]!;
    const alpha = reflector(row, k + 1, n);
    beside[k] = alpha.edge;
    weights[k] = alpha.weight;
    if (alpha.weight === 0) continue;
    applyBothSides(a, row, alpha.weight, k + 1, n, product);
  }
  if (n > 1) {
    diagonal[n - 2] = a[(n - 2) * n + n - 2]!;
    beside[n - 2] = a[(n - 2) * n + n - 1]!;
  }
  diagonal[n - 1] = a[n * n - 1]!;
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  for (let k = n - 3; k >= 0; k--) {
    if (weights[k] !== 0) applyFromRight(vectors, a.subarray(k * n, (k + 1) * n), weights[k]!, k + 1, n);
  }
  return { diagonal, beside };
}

/**
 * Replaces x = row[from..] by the vector v of a reflection I - weight v v^T that maps x to [edge, 0, 0, ...].
 */
function reflector(row: Float64Array, from: number, n: number): { readonly edge: number; readonly weight: number } {
  let scale = 0;
  for (let i = from + 1; i < n; i++) scale = Math.max(scale, Math.abs(row[i]!));
  if (scale === 0) return { edge: row[from]!, weight: 0 };
  scale = Math.max(scale, Math.abs(row[from]!));
  let squares = 0;
  for (let i = from; i < n; i++) {
    row[i]! /= scale;
    squares += row[i]! ** 2;
  }
  const length = Math.sqrt(squares);
  const first = row[from]!;
  const edge = first > 0 ? -length : length;
  row[from] = first - edge;
  return { edge: edge * scale, weight: 1 / (length * (length + Math.abs(first))) };
}

/** Replaces a by H a H, with H = I - weight v v^T, on rows and columns from `from` on. */
function applyBothSides(
  a: Float64Array,
  v: Float64Array,
  weight: number,
  from: number,
  n: number,
  p: Float64Array,
): void {
  let along = 0;
  for (let i = from; i < n; i++) {
    const at = i * n;
    let sum = 0;
    for (let j = from; j < n; j++) sum += a[at + j]! * v[j]!;
    p[i] = weight * sum;
    along += p[i]! * v[i]!;
  }
  for (let i = from; i < n; i++) p[i]! -= 0.5 * weight * along * v[i]!;
  for (let i = from; i < n; i++) {
    const at = i * n;
    const ownV = v[i]!;
    const ownP = p[i]!;
    for (let j = from; j < n; j++) a[at + j]! -= ownV * p[j]! + ownP * v[j]!;
  }
}

/** Multiplies rows by H from the right, from column `from` on. */
function applyFromRight(rows: Float64Array, v: Float64Array, weight: number, from: number, n: number): void {
  for (let i = from; i < n; i++) {
    const at = i * n;
    let sum = 0;
    for (let j = from; j < n; j++) sum += rows[at + j]! * v[j]!;
    sum *= weight;
    for (let j = from; j < n; j++) rows[at + j]! -= sum * v[j]!;
  }
}

/** QL steps until the off-diagonal entries vanish; each rotation is applied to two rows of `vectors`. */
function toOneDiagonal(d: Float64Array, e: Float64Array, vectors: Float64Array, n: number): void {
  for (let start = 0; start < n; start++) {
    for (let sweep = 0; ; sweep++) {
      const end = endOfBlock(d, e, start, n);
      if (end === start) break;
      if (sweep === maxSweeps) throw new DataError("symmetricEigen: the QL algorithm did not converge");
      sweepUp(d, e, vectors, start, end, n);
    }
  }
}

/** The first row from `start` on whose off-diagonal entry is negligible relative to the diagonal. */
function endOfBlock(d: Float64Array, e: Float64Array, start: number, n: number): number {
  let end = start;
  while (end < n - 1 && Math.abs(e[end]!) > Number.EPSILON * (Math.abs(d[end]!) + Math.abs(d[end + 1]!))) end++;
  return end;
}

function sweepUp(d: Float64Array, e: Float64Array, vectors: Float64Array, start: number, end: number, n: number): void {
  const half = (d[start + 1]! - d[start]!) / (2 * e[start]!);
  const shift = d[start]! - e[start]! / (half + (half < 0 ? -1 : 1) * Math.hypot(half, 1));
  let [cosine, sine, moved] = [1, 1, 0];
  let bulge = d[end]! - shift;
  for (let i = end - 1; i >= start; i--) {
    const across = sine * e[i]!;
    const kept = cosine * e[i]!;
    const length = Math.hypot(across, bulge);
    e[i + 1] = length;
    if (length === 0) {
      // The block splits here: the rest of the sweep belongs to a smaller one.
      d[i + 1]! -= moved;
      e[end] = 0;
      return;
    }
    sine = across / length;
    cosine = bulge / length;
    const rest = d[i + 1]! - moved;
    const turned = (d[i]! - rest) * sine + 2 * cosine * kept;
    moved = sine * turned;
    d[i + 1] = rest + moved;
    bulge = cosine * turned - kept;
    rotateRows(vectors, i, sine, cosine, n);
  }
  d[start]! -= moved;
  e[start] = bulge;
  e[end] = 0;
}

/** Rotates rows i and i + 1. */
function rotateRows(vectors: Float64Array, i: number, sine: number, cosine: number, n: number): void {
  const [upper, lower] = [i * n, (i + 1) * n];
  for (let j = 0; j < n; j++) {
    const a = vectors[upper + j]!;
    const b = vectors[lower + j]!;
    vectors[lower + j] = sine * a + cosine * b;
    vectors[upper + j] = cosine * a - sine * b;
  }
}
