import { costMatrix, exactTransport } from "../../dist/transport/index.js";

/** Problems that steps go round; peers/transport.py makes the same ones. */
const problems = 3;

/** Uniform on [0, 1), the same in every language: a linear congruential generator modulo 2^32. */
function* uniform(seed) {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

function take(from, count) {
  return Float64Array.from({ length: count }, () => from.next().value);
}

/** Steps that find the exact plan between n and m points of the unit square, the matrix of costs included; their result is its cost. */
export function emdStepper([n, m], weighted) {
  const made = Array.from({ length: problems }, (_, problem) => {
    const from = uniform(problem + 1);
    const [x, y] = [n, m].map((count) => ({ dtype: "float64", shape: [count, 2], data: take(from, 2 * count) }));
    return { x, y, weights: weighted ? { source: take(from, n), target: take(from, m) } : {} };
  });
  let count = 0;
  return {
    run: () => {
      const { x, y, weights } = made[count++ % problems];
      return exactTransport(costMatrix(x, y), weights).cost;
    },
  };
}
