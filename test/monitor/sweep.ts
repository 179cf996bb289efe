import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Writes the record of a sweep over two parameters: six configurations of two seeds, of which one trial diverged and one is open. */
export async function writeSweep(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = {
    recipe: "vae",
    data: "tiny.npy",
    method: "grid",
    metric: { name: "elbo" },
    parameters: { latent: { values: [1, 2, 4] }, hidden: { values: [8, 16] } },
    seeds: 2,
  };
  const record = { name: "tiny", file, folder: "/somewhere", started: "2026-01-01T00:00:00Z", steps: 10, versions: {} };
  await writeFile(join(folder, "sweep.json"), JSON.stringify(record));
  const events: object[] = [];
  for (const [i, latent] of [1, 2, 4].entries()) {
    for (const [j, hidden] of [8, 16].entries()) {
      const trials = [0, 1].map((seed) => ({ id: `${i}${j}${seed}`.padStart(16, "0"), seed, config: {} }));
      events.push({ type: "configuration", parameters: { latent, hidden }, trials });
      for (const { id, seed } of trials) {
        if (latent === 4 && hidden === 16 && seed === 1) continue;
        const isDiverged = latent === 4 && hidden === 8 && seed === 0;
        const end = isDiverged
          ? { status: "diverged", reason: "a loss was infinite" }
          : { status: "done", value: 10 * latent + hidden + seed };
        events.push({ type: "end", id, rung: 0, step: 10, seconds: 1, ...end });
      }
    }
  }
  await writeFile(join(folder, "sweep.jsonl"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
}
