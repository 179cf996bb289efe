import { appendFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { MetricLog, thinned } from "../../src/monitor/metric-log.ts";
import { metric, newFolder } from "./run.ts";

async function newLog(text = ""): Promise<{ path: string; log: MetricLog }> {
  const path = join(await newFolder(), "metrics.jsonl");
  await writeFile(path, text);
  return { path, log: new MetricLog(path) };
}

it("returns each line once, and a partial line once it is complete", async () => {
  const { path, log } = await newLog(metric(1, "loss", 3));
  expect(await log.read()).toEqual([["train", "loss", 1, 3, 8, 0.1]]);
  const next = metric(2, "loss", null, "test");
  await appendFile(path, next.slice(0, 20));
  expect(await log.read()).toEqual([]);
  await appendFile(path, next.slice(20));
  expect(await log.read()).toEqual([["test", "loss", 2, null, 16, 0.2]]);
  expect(log.scalars(10).series).toEqual([
    { split: "train", name: "loss", steps: [1], values: [3] },
    { split: "test", name: "loss", steps: [2], values: [null] },
  ]);
});

it("continues where another reader stopped, without repeating lines", async () => {
  const { path, log } = await newLog(metric(1, "loss", 3));
  await log.read();
  await appendFile(path, metric(2, "loss", 2));
  expect(await new MetricLog(path, log.bytes).read()).toEqual([["train", "loss", 2, 2, 16, 0.2]]);
});

it("detects that a run went back to an earlier step, even if its file has grown again since", async () => {
  const { path, log } = await newLog(metric(1, "loss", 3) + metric(2, "loss", 2));
  await log.read();
  await truncate(path, metric(1, "loss", 3).length);
  expect(await log.read()).toBeNull();
  expect(await log.read()).toEqual([["train", "loss", 1, 3, 8, 0.1]]);
  await writeFile(path, metric(1, "loss", 9) + metric(2, "loss", 8));
  expect(await log.read()).toBeNull();
  expect(await log.read()).toHaveLength(2);
});

it("skips invalid lines, and reads 100,000 lines across read boundaries", async () => {
  const many = Array.from({ length: 100_000 }, (_, i) => metric(i, "vae/loss", i)).join("");
  const { log } = await newLog(`{}\nnot json\n${many}{"split":"train","name":"x"}\n`);
  expect(await log.read()).toHaveLength(100_000);
  const { series } = log.scalars(100);
  expect(series).toHaveLength(1);
  expect(series[0]!.steps).toHaveLength(100);
  expect([series[0]!.low![1], series[0]!.high![1], series[0]!.values[1]]).toEqual([1000, 1999, 1999]);
});

it("counts invalid lines, and does not buffer a line without an end", async () => {
  const { path, log } = await newLog("x".repeat(3_500_000));
  expect(await log.read()).toEqual([]);
  expect(log.bytes).toBeGreaterThan(2_000_000);
  await appendFile(path, `\n${metric(1, "loss", 3)}`);
  expect(await log.read()).toHaveLength(1);
  expect(log.scalars(10).unreadable).toBeGreaterThan(0);
  expect(log.scalars(10).clock).toEqual({ steps: [1], images: [8], seconds: [0.1] });
});

it("has monotonic time, even if the machine's clock was set back", async () => {
  const line = (step: number, seconds: number) =>
    metric(step, "loss", 1).replace(/"seconds":[\d.]+/, `"seconds":${seconds}`);
  const { log } = await newLog(line(1, 50) + line(2, 7) + line(3, 60));
  await log.read();
  expect(log.scalars(10).clock.seconds).toEqual([50, 50, 60]);
});

it("keeps every spike of a curve that is thinned", () => {
  const values = Array.from({ length: 5000 }, (_, i) => (i === 1234 ? 1e6 : i === 4321 ? Number.NaN : 1));
  const { low, high, steps } = thinned({ split: "train", name: "x", steps: values.map((_, i) => i), values }, 100);
  expect(Math.max(...high!.map((value) => value ?? 0))).toBe(1e6);
  expect(Math.min(...low!.map((value) => value ?? 0))).toBe(1);
  expect(steps.at(-1)).toBe(4999);
});
