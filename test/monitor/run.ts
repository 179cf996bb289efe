import { appendFile, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ndarray } from "../../src/base/ndarray.ts";
import { encodePng } from "../../src/codec/png.ts";

export const newFolder = () => mkdtemp(join(tmpdir(), "zaya-monitor-"));

/** A line of metrics.jsonl. */
export const metric = (step: number, name: string, value: number | null, split: "train" | "test" = "train") =>
  `${JSON.stringify({ step, images: step * 8, seconds: step / 10, split, name, value })}\n`;

/** A run's folder with the files that the studio reads. */
export async function writeRun(
  folder: string,
  { seed = 0, points = 3 }: { seed?: number; points?: number } = {},
): Promise<void> {
  for (const part of ["samples", "eval"]) await mkdir(join(folder, part), { recursive: true });
  const config = {
    recipe: "vae",
    model: { latent: 2, hidden: [8, 4] },
    data: { spec: "mnist" },
    train: { steps: points, seed },
    device: "cpu",
  };
  const record = {
    status: "done",
    step: points,
    saved: points,
    started: "2026-01-02T03:04:05.678Z",
    seconds: 12,
    versions: {},
  };
  const warnings = [
    {
      step: 2,
      symptom: "posterior-collapse",
      evidence: "KL 0.01 nats",
      hint: "try --latent 4: fewer latents are used",
    },
  ];
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  await writeFile(join(folder, "run.json"), JSON.stringify({ ...record, warnings }));
  await writeFile(
    join(folder, "eval", "elbo.json"),
    JSON.stringify({
      metric: "elbo",
      label: "elbo",
      quantity: "negElbo",
      value: 100 + seed,
      interval: [99, 101],
      perfect: "",
      n: 10,
      unit: "nats",
    }),
  );
  const gray = ndarray("uint8", [4, 4, 1], new Uint8Array(16).fill(128));
  await writeFile(join(folder, "samples", "000002.png"), await encodePng(gray));
  const lines = Array.from({ length: points }, (_, i) => metric(i + 1, "vae/loss", 200 - i));
  await appendFile(join(folder, "metrics.jsonl"), lines.join(""));
}
