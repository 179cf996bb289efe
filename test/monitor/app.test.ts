import { cp, link, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Refusal, RunPage, RunRow, Scalars, SweepPage, SweepRow } from "../../src/monitor/api.ts";
import { cookieName, monitorApp } from "../../src/monitor/app.ts";
import { newFolder, writeRun } from "./run.ts";
import { writeSweep } from "./sweep.ts";

const host = "127.0.0.1:4000";
const token = "secret";
const secret = "not of a run";

let root: string;
let served: ReturnType<typeof monitorApp>;

beforeAll(async () => {
  const folder = await newFolder();
  root = join(folder, "runs");
  await writeRun(join(root, "one"), { seed: 1 });
  await writeRun(join(root, "deep", "two"), { seed: 2, points: 5000 });
  await mkdir(join(root, "cut"));
  await writeFile(join(root, "cut", "run.json"), '{"status":');
  await writeFile(join(folder, "secret.txt"), secret);
  await writeFile(join(root, "one", "secret.txt"), secret);
  await symlink(join(folder, "secret.txt"), join(root, "one", "samples", "link.png"));
  await writeRun(join(folder, "outside"));
  await symlink(join(folder, "outside"), join(root, "elsewhere"));
  known = { host, cookie: `${cookieName(root)}=${token}` };
  served = monitorApp({ root, token, readOnly: null });
});

afterAll(() => served.close());

let known: Record<string, string>;

const ask = (path: string, headers = known, init: RequestInit = {}) =>
  served.app.request(`http://${host}${path}`, { ...init, headers });

describe("a studio's server", () => {
  it("lists runs at any depth, a broken one with its reason, and follows no link outside", async () => {
    const rows = (await (await ask("/api/runs")).json()) as RunRow[];
    expect(rows.map(({ id, status }) => [id, status])).toEqual([
      ["cut", "broken"],
      ["deep/two", "done"],
      ["one", "done"],
    ]);
    expect(rows[0]!.reason).toContain("run.json:");
    expect(rows[2]).toMatchObject({
      recipe: "vae",
      step: 3,
      steps: 3,
      warnings: 1,
      results: { negElbo: 101 },
      config: { "model.latent": 2, "model.hidden": "8,4", "train.seed": 1 },
    });
  });

  it("describes a run: its snapshots, warnings and results", async () => {
    const page = (await (await ask("/api/run?id=one")).json()) as RunPage;
    expect(page.samples).toEqual([{ step: 2, file: "samples/000002.png" }]);
    expect(page.warnings[0]).toMatchObject({
      step: 2,
      symptom: "posterior-collapse",
      hint: "try --latent 4: fewer latents are used",
    });
    expect(page.results[0]).toMatchObject({ label: "negElbo", value: 101, interval: [99, 101] });
    const picture = await ask("/file?id=one&name=samples/000002.png");
    expect(picture.headers.get("content-type")).toBe("image/png");
  });

  it("reduces long curves to the requested number of intervals", async () => {
    const { series } = (await (await ask("/api/scalars?id=deep/two&points=50")).json()) as Scalars;
    expect(series[0]!.steps).toHaveLength(50);
    expect(series[0]!.steps.at(-1)).toBe(5000);
  });

  it("requires the token, and sets a cookie for it", async () => {
    expect((await ask("/api/runs", { host })).status).toBe(401);
    expect((await ask("/api/runs", { host, cookie: `${cookieName(root)}=guess` })).status).toBe(401);
    expect((await ask("/?token=guess", { host })).status).toBe(401);
    const entry = await ask(`/?token=${token}`, { host });
    expect(entry.status).toBe(302);
    expect(entry.headers.get("set-cookie")).toMatch(/^zaya-[0-9a-f]{8}=secret;.*HttpOnly.*SameSite=Strict/);
  });

  it("responds to its own host names only, so that no other page can reach it by DNS rebinding", async () => {
    expect((await ask("/api/runs", { ...known, host: "evil.example:4000" })).status).toBe(403);
    expect((await ask("/api/runs", { cookie: known["cookie"]! })).status).toBe(403);
  });

  it("serves a report from an opaque origin", async () => {
    await writeFile(join(root, "one", "report.html"), "<script>fetch('/api/runs')</script>");
    const report = await ask("/file?id=one&name=report.html");
    expect(report.headers.get("content-security-policy")).toMatch(/^sandbox allow-scripts;/);
  });

  it.each([
    ["../outside", "samples/000002.png"],
    ["elsewhere", "samples/000002.png"],
    ["one", "samples/link.png"],
    ["one", "secret.txt"],
    ["one", "../one/secret.txt"],
    ["one", "samples/../secret.txt"],
    ["", "samples/000002.png"],
    ["/", "samples/000002.png"],
    ["one/..", "one/samples/000002.png"],
    ["one", "samples/000002.png\0.png"],
  ])("serves no file for run %j and name %j", async (id, name) => {
    const response = await ask(`/file?${new URLSearchParams({ id, name }).toString()}`);
    expect(response.status).toBe(404);
  });

  it("serves nothing outside its runs for 1,000 random requests", async () => {
    const part = fc.oneof(
      fc.constantFrom(
        "..",
        ".",
        "one",
        "outside",
        "secret.txt",
        "samples",
        "%2e%2e",
        "..%2f",
        "\\..",
        "//",
        "etc/passwd",
        "\0",
      ),
      fc.string({ maxLength: 6 }),
    );
    const path = fc.array(part, { maxLength: 6 }).map((parts) => parts.join("/"));
    const route = fc.constantFrom("/file", "/api/run", "/api/scalars", "/assets/", "/");
    await fc.assert(
      fc.asyncProperty(route, path, path, async (base, id, name) => {
        const url = base.endsWith("/")
          ? base + encodeURI(id)
          : `${base}?${new URLSearchParams({ id, name }).toString()}`;
        const response = await ask(url);
        expect(response.status).toBeLessThan(500);
        const text = await response.text();
        expect(text).not.toContain(secret);
        expect(text).not.toContain("root:");
      }),
      { numRuns: 1000, seed: 7 },
    );
  });

  it("starts nothing for cross-origin requests", async () => {
    const body = JSON.stringify({ recipe: "gan", data: ["ring8"], flags: {} });
    const post = (headers: Record<string, string>, text = body) =>
      ask("/api/train", headers, { method: "POST", body: text });
    expect((await post({ ...known, "content-type": "text/plain" })).status).toBe(415);
    const json = { ...known, "content-type": "application/json" };
    expect((await post(json, "{")).status).toBe(400);
    expect((await post(json, JSON.stringify({ recipe: "gan; rm", data: ["x"], flags: {} }))).status).toBe(400);
    expect((await post(json, JSON.stringify({ recipe: "gan", data: ["x"], flags: { "Out Dir": "/" } }))).status).toBe(
      400,
    );
    const shown = monitorApp({ root, token, readOnly: "runs are only shown" });
    const refused = await shown.app.request(`http://${host}/api/train`, { method: "POST", headers: json, body });
    expect(refused.status).toBe(403);
    await shown.close();
  });

  it("opens a thousand runs of 10,000 points within 2 seconds", { timeout: 60_000 }, async () => {
    const folder = await newFolder();
    await writeRun(join(folder, "run-0"), { points: 10_000 });
    const long = join("run-0", "metrics.jsonl");
    const copies = Array.from({ length: 999 }, (_, i) => join(folder, `run-${i + 1}`));
    for (const copy of copies) {
      await cp(join(folder, "run-0"), copy, { recursive: true, filter: (path) => !path.endsWith(long) });
      await link(join(folder, long), join(copy, "metrics.jsonl"));
    }
    const { app, close } = monitorApp({ root: folder, token, readOnly: "runs are only shown" });
    const began = performance.now();
    const rows = (await (
      await app.request(`http://${host}/api/runs`, { headers: { host, cookie: `${cookieName(folder)}=${token}` } })
    ).json()) as RunRow[];
    const took = performance.now() - began;
    expect(rows).toHaveLength(1000);
    // Twice the bar: other tests run beside this one.
    expect(took).toBeLessThan(4000);
    await close();
  });
});

describe("training runs started from the page", () => {
  const post = (path: string, body: unknown) =>
    ask(path, { ...known, "content-type": "application/json" }, { method: "POST", body: JSON.stringify(body) });
  const small = { steps: "3000", hidden: "4", batch: "8" };

  it("start as on the command line, are followed live, can be stopped and resumed", { timeout: 60_000 }, async () => {
    const started = await post("/api/train", { recipe: "gan", data: ["ring8"], flags: small });
    expect(await started.clone().text()).toBe('{"id":"gan-ring8-1"}');
    const { id } = (await started.json()) as { id: string };
    const stream = await ask(`/api/follow?id=${id}`);
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    let heard = "";
    while (!/event: scalars/.test(heard)) heard += (await reader.read()).value;
    await reader.cancel();
    expect(heard).toContain('"control":"stop"');
    // As after a restart of the server: it is still running, and can still be stopped.
    const next = monitorApp({ root, token, readOnly: null });
    const init = { method: "POST", headers: { ...known, "content-type": "application/json" } };
    const page = await next.app.request(`http://${host}/api/run?id=${id}`, { headers: known });
    expect(await page.json()).toMatchObject({ row: { status: "running" }, control: "stop" });
    const asked = await next.app.request(`http://${host}/api/stop`, { ...init, body: JSON.stringify({ id }) });
    expect(await asked.text()).toBe('{"stopped":true}');
    await next.close();
    const ended = async (): Promise<RunPage> => {
      for (;;) {
        const page = (await (await ask(`/api/run?id=${id}`)).json()) as RunPage;
        if (page.control === "resume") return page;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    const stopped = await ended();
    expect(stopped.row.status).toBe("interrupted");
    expect((await post("/api/resume", { id })).status).toBe(200);
    await post("/api/stop", { id });
    expect((await ended()).row.step).toBeGreaterThanOrEqual(stopped.row.step);
  });

  it("give the reason when they are rejected", { timeout: 60_000 }, async () => {
    const refused = await post("/api/train", { recipe: "gan", data: ["ring8"], flags: { loss: "wasserstein" } });
    expect(refused.status).toBe(422);
    const { message, flag } = (await refused.json()) as Refusal;
    expect(message).toMatch(/^--loss must be one of/);
    expect(flag).toBe("loss");
    const { id } = (await (
      await post("/api/train", { recipe: "gan", data: ["ring8"], flags: { ...small, steps: "2" } })
    ).json()) as {
      id: string;
    };
    const done = async () => ((await (await ask(`/api/run?id=${id}`)).json()) as RunPage).control === "resume";
    await expect.poll(done, { timeout: 20_000 }).toBe(true);
    const same = await post("/api/resume", { id, steps: "2" });
    expect([same.status, await same.text()]).toEqual([422, expect.stringContaining("nothing to do")]);
    const nowhere = await post("/api/train", { recipe: "gan", data: ["/nowhere"], flags: {} });
    expect(await nowhere.json()).toMatchObject({ flag: "data" });
  });
});

describe("sweeps", () => {
  it("are listed and shown, broken ones with their reason, and none from outside the folder", async () => {
    const folder = await newFolder();
    const inside = join(folder, "runs");
    await writeSweep(join(inside, "sweeps", "tiny"));
    await writeSweep(join(inside, "project", "sweeps", "deep"));
    await writeSweep(join(folder, "sweeps", "outside"));
    await mkdir(join(inside, "sweeps", "cut"));
    await writeFile(join(inside, "sweeps", "cut", "sweep.json"), "{");
    await mkdir(join(inside, "sweeps", "linked"));
    await symlink(join(folder, "sweeps", "outside", "sweep.json"), join(inside, "sweeps", "linked", "sweep.json"));
    await symlink(join(folder, "sweeps", "outside"), join(inside, "sweeps", "elsewhere"));
    const { app, close } = monitorApp({ root: inside, token, readOnly: null });
    const headers = { host, cookie: `${cookieName(inside)}=${token}` };
    const get = (path: string) => app.request(`http://${host}${path}`, { headers });
    const rows = (await (await get("/api/sweeps")).json()) as SweepRow[];
    expect(rows.map(({ id, problem }) => [id, problem === null])).toEqual([
      ["sweeps/cut", false],
      ["sweeps/linked", false],
      ["sweeps/tiny", true],
      ["project/sweeps/deep", true],
    ]);
    expect(rows.find(({ name }) => name === "tiny")).toMatchObject({
      trials: 12,
      ended: 11,
      best: 18.5,
      running: false,
    });
    expect(rows.find(({ name }) => name === "linked")!.problem).toContain("a link that points outside");
    const page = (await (await get("/api/sweep?id=project/sweeps/deep")).json()) as SweepPage;
    expect(page.configurations[0]!.trials[0]!.run).toBe("project/trials/0000000000000000");
    expect(page.parallel!.lines).toHaveLength(6);
    for (const id of ["../sweeps/outside", "sweeps/elsewhere", "sweeps/none", "sweeps", ""]) {
      expect((await get(`/api/sweep?id=${encodeURIComponent(id)}`)).status, id).toBe(404);
    }
    await close();
  });
});
