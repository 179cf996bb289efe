import { mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, expect, it } from "vitest";

import type { RunPage } from "../../src/monitor/api.ts";
import { runningStudio } from "../../src/monitor/index.ts";
import { start, workFolder } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
beforeAll(async () => (work = await workFolder()));
afterAll(() => work.remove());

const small = ["train", "gan", "--data", "ring8", "--hidden", "4", "--batch", "8", "--steps", "1000000"];

/** The address that a command printed. */
function addressIn(text: string): URL {
  return new URL(/studio\s+(http:\S+)/.exec(text)![1]!);
}

/** What a studio says of a run. */
async function pageOf(address: URL, id: string): Promise<RunPage> {
  const entry = await fetch(new URL(`/${address.search}`, address), { redirect: "manual" });
  const headers = { cookie: entry.headers.get("set-cookie")!.split(";")[0]! };
  for (;;) {
    const response = await fetch(new URL(`/api/run?id=${id}`, address), { headers });
    if (response.ok) return (await response.json()) as RunPage;
  }
}

const answers = (address: URL) =>
  fetch(address).then(
    () => true,
    () => false,
  );

it("train --studio shows the run while it trains; Ctrl-C saves it and ends both", { timeout: 60_000 }, async () => {
  const { child, ended, until } = start(work.folder, ...small, "--studio", "--json");
  await until("train 1/");
  let said = "";
  child.stderr!.on("data", (text) => (said += String(text)));
  const found = (await runningStudio(await realpath(join(work.folder, "runs"))))!;
  const address = new URL(`http://127.0.0.1:${found.port}/?token=${found.token}`);
  expect(await pageOf(address, "gan-ring8-1")).toMatchObject({ row: { status: "running" }, control: "stop" });
  child.kill("SIGINT");
  const { code, stdout, stderr } = await ended;
  expect(code).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({ status: "interrupted" });
  expect(addressIn(stderr).hash).toBe("#/run/gan-ring8-1");
  expect(await answers(address)).toBe(false);
  expect(said).not.toContain("warning: the studio");
});

it(
  "train --studio opens a studio that already shows the folder, and leaves it running",
  { timeout: 60_000 },
  async () => {
    await mkdir(join(work.folder, "others"));
    const studio = start(work.folder, "studio", "others");
    await studio.until("Ctrl-C");
    const training = start(work.folder, ...small, "--studio", "--quiet", "--out", "others/one");
    await training.until("studio http");
    training.child.kill("SIGINT");
    const { code, stderr } = await training.ended;
    expect(code).toBe(130);
    const address = addressIn(stderr);
    expect(await pageOf(address, "one")).toMatchObject({ row: { status: "interrupted" }, control: "resume" });
    studio.child.kill("SIGINT");
    const ended = await studio.ended;
    expect(ended.code).toBe(0);
    expect(addressIn(ended.stdout).port).toBe(address.port);
  },
);

it("ends with a training process that is killed", { timeout: 60_000 }, async () => {
  const { child, ended, until } = start(work.folder, ...small, "--studio");
  await until("train 1/");
  const found = (await runningStudio(await realpath(join(work.folder, "runs"))))!;
  child.kill("SIGKILL");
  await ended;
  await expect.poll(() => answers(new URL(`http://127.0.0.1:${found.port}/`)), { timeout: 10_000 }).toBe(false);
});
