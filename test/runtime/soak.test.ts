import { describe, expect, it } from "vitest";

import { runScript } from "../run-script.ts";

/** A small training step with everything that the runtime keeps: state, feeds of every step, several outputs. */
const setUp = `
  import { ortEngine } from "./src/runtime/ort.ts";
  import { grad } from "./src/autodiff/index.ts";
  import { normal, key } from "./src/base/random.ts";
  import { input } from "./src/graph/tensor.ts";
  import { matmul, mean, mul, square, sub, tanh } from "./src/ops/index.ts";
  const engine = ortEngine({ device: "cpu", threads: 1 });
  const [x, w] = [input("x", [16, 64]), input("w", [64, 64])];
  const out = tanh(matmul(x, w));
  const loss = mean(square(out));
  const program = { outputs: { loss, out }, updates: { w: sub(w, mul(grad(loss, [w])[0], 0.01)) } };
  const batch = normal(key(1), [16, 64]);
  const weights = { w: normal(key(2), [64, 64]) };

  /** Bytes of memory that each of many rounds leaves behind: a line through the memory at their ends, after a warm-up. */
  async function slope(rounds, warm, every, body) {
    const points = [];
    for (let round = 0; round < rounds; round++) {
      await body(round);
      if (round < warm || round % every !== 0) continue;
      gc();
      points.push([round, process.memoryUsage.rss()]);
    }
    const mean = (at) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
    const [a, b] = [mean(0), mean(1)];
    const [over, under] = points.reduce(([o, u], [p, q]) => [o + (p - a) * (q - b), u + (p - a) ** 2], [0, 0]);
    return over / under;
  }
`;

async function slopeOf(body: string): Promise<number> {
  const { stdout, stderr } = await runScript(`${setUp}\n${body}`, { node: ["--expose-gc"] });
  expect(stdout, stderr).toMatch(/^slope -?[\d.e+-]+\n$/);
  return Number(stdout.slice("slope ".length));
}

/** A step handles 45 kB of arrays; a compiled session of this graph holds 250 kB. */
const [perStep, perCompile] = [250, 10_000];

describe("memory of the CPU engine", () => {
  it(`grows by less than ${perStep} bytes a step`, async () => {
    const slope = await slopeOf(`
      const compiled = await engine.compile(program);
      const state = engine.createState(weights);
      const bytes = await slope(24000, 8000, 250, () => compiled.run({ x: batch }, state));
      console.log("slope", bytes);
    `);
    console.log(slope);
    expect(slope).toBeLessThan(perStep);
  });

  const compiling = (release: string, rounds: number) => `
    const kept = [];
    const bytes = await slope(${rounds}, ${rounds / 3}, 4, async () => {
      const compiled = await engine.compile(program);
      const state = engine.createState(weights);
      await compiled.run({ x: batch }, state);
      await state.read();
      ${release}
    });
    console.log("slope", bytes);
  `;

  it(`grows by less than ${perCompile} bytes when a program is compiled, run and released`, async () => {
    expect(await slopeOf(compiling("state.dispose(); await compiled.release();", 600))).toBeLessThan(perCompile);
  });

  it("would be seen to grow if nothing were released", async () => {
    expect(await slopeOf(compiling("kept.push(compiled, state);", 150))).toBeGreaterThan(3 * perCompile);
  });
});
