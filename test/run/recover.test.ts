import { cp, mkdir, mkdtemp, open, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ndarray } from "../../src/base/ndarray.ts";
import { key, uniform } from "../../src/base/random.ts";
import { MemoryStore, type Store } from "../../src/base/store.ts";
import { type DataSplit, arrayDataset } from "../../src/data/index.ts";
import { vae } from "../../src/models/index.ts";
import { FolderStore } from "../../src/node/index.ts";
import { ortEngine } from "../../src/runtime/index.ts";
import { Run, type TrainOptions, isDone, lengthen, listCheckpoints } from "../../src/run/index.ts";
import { openTrained } from "../../src/trained/index.ts";
import { type TrainEvent, resume, train } from "../../src/train/index.ts";

const engine = ortEngine({ device: "cpu", threads: 1 });
const part = (seed: number, count: number) =>
  arrayDataset({
    name: "noise",
    kind: "image",
    items: ndarray("float32", [count, 4, 4, 1], uniform(key(seed), [count, 4, 4, 1]).data),
  });
const data: DataSplit = { train: part(1, 40), test: part(2, 10) };
const model = vae({ hidden: [8], latent: 2 });
const cadence = { checkpointEvery: 20, logEvery: 5, evalEvery: 20, sampleEvery: 30 };
const options: TrainOptions = { steps: 60, batch: 8, ...cadence, keep: 3, seed: 3 };

async function collect(events: AsyncIterable<TrainEvent>): Promise<TrainEvent[]> {
  const all: TrainEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const recovered = (events: readonly TrainEvent[]): string[] =>
  events.flatMap((event) => (event.type === "recovered" ? [event.what] : []));

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (written: string): Uint8Array => new TextEncoder().encode(written);

async function copyOf(store: Store): Promise<MemoryStore> {
  const copy = new MemoryStore();
  for (const name of await store.list("")) await copy.write(name, await store.read(name));
  return copy;
}

const goOn = async (store: Store): Promise<string[]> =>
  recovered(await collect(resume(await Run.open(store), data, { engine })));

const whole = new MemoryStore();
/** The same run, as a cut of the power after its checkpoint of step 40 left it. */
let half: MemoryStore;
beforeAll(async () => {
  await collect(train(model, data, options, { engine, store: whole }));
  half = await copyOf(whole);
  await edit(half, "run.json", (record) => ({ ...record, status: "running", step: 40, saved: 40 }));
  await half.remove("checkpoints/000060");
});

type Json = Record<string, unknown>;

async function edit(store: Store, name: string, change: (value: Json) => Json): Promise<void> {
  await store.write(name, bytes(JSON.stringify(change(JSON.parse(text(await store.read(name))) as Json))));
}

async function flip(store: Store, name: string): Promise<void> {
  const content = await store.read(name);
  content[Math.floor(content.length / 3)]! ^= name.endsWith(".json") ? 4 : 1;
  await store.write(name, content);
}

async function filesOf(store: Store): Promise<[name: string, content: string][]> {
  return Promise.all((await store.list("")).map(async (name) => [name, text(await store.read(name))]));
}

const cut = async (store: Store, name: string, size: number): Promise<void> => store.truncate(name, size);

/** Lines of metrics.jsonl but for the time that they took. */
async function linesOf(store: Store): Promise<unknown[]> {
  const lines = text(await store.read("metrics.jsonl"))
    .trimEnd()
    .split("\n");
  return lines.map((line) => ({ ...(JSON.parse(line) as Json), seconds: 0 }));
}

async function requireWhole(store: Store): Promise<void> {
  for (const name of await whole.list("")) {
    const same = ["run.json", "metrics.jsonl", "report.html", "export/parity.json"];
    if (same.includes(name) || name.endsWith("state.json")) expect(await store.has(name)).toBe(true);
    else expect(text(await store.read(name)) === text(await whole.read(name)), name).toBe(true);
  }
  expect(await linesOf(store)).toEqual(await linesOf(whole));
  const [one, other] = [(await Run.open(store)).state, (await Run.open(whole)).state];
  expect({ ...one, started: "", seconds: 0 }).toEqual({ ...other, started: "", seconds: 0 });
}

const at = "checkpoints/000040";

describe("a run whose newest checkpoint is damaged", () => {
  it.each<[name: string, damage: (run: Store) => Promise<void>, reason: string]>([
    ["flipped params", (run) => flip(run, `${at}/params.safetensors`), `${at}/params.safetensors: was changed`],
    [
      "flipped optimizer",
      (run) => flip(run, `${at}/optimizer.safetensors`),
      `${at}/optimizer.safetensors: was changed`,
    ],
    ["flipped state", (run) => flip(run, `${at}/state.json`), `${at}/state.json`],
    ["cut params", (run) => cut(run, `${at}/params.safetensors`, 700), "bytes that were saved - got 700"],
    ["cut state", (run) => cut(run, `${at}/state.json`, 90), `${at}/state.json: must be JSON`],
    ["empty state", (run) => cut(run, `${at}/state.json`, 0), `${at}/state.json: must be JSON - got an empty file`],
    ["no params", (run) => run.remove(`${at}/params.safetensors`), `${at}/params.safetensors is missing`],
    ["no state", (run) => run.remove(`${at}/state.json`), `${at}/state.json is missing`],
    ["no checkpoint", (run) => run.remove(at), "checkpoints: the one of step 40 is missing"],
  ])("resumes from the previous one with a message, and ends with the same bytes: %s", async (_, damage, reason) => {
    const run = await copyOf(half);
    await damage(run);
    expect(await goOn(run)).toEqual([expect.stringContaining(reason)]);
    await requireWhole(run);
  });

  it("does not report remnants of an interrupted save", async () => {
    const run = await copyOf(half);
    await run.write("checkpoints/000043/params.safetensors", bytes("half"));
    expect(await goOn(run)).toEqual([]);
  });
});

describe("a run without an intact checkpoint", () => {
  it.each<[name: string, damage: (run: Store) => Promise<void>, reason: string]>([
    ["gone", (run) => run.remove("checkpoints"), "the one of step 40 is missing"],
    [
      "damaged",
      async (run) => {
        await flip(run, "checkpoints/000020/params.safetensors");
        await flip(run, `${at}/optimizer.safetensors`);
      },
      "000020/params.safetensors: was changed",
    ],
    [
      "cut",
      async (run) => {
        await cut(run, "checkpoints/000020/params.safetensors", 9);
        await cut(run, `${at}/params.safetensors`, 9);
      },
      "bytes that were saved - got 9",
    ],
  ])("is rejected, and restarts only with --from-scratch: %s", async (_, damage, reason) => {
    const run = await copyOf(half);
    await damage(run);
    const before = await run.list("");
    await expect(goOn(run)).rejects.toThrow(reason);
    await expect(goOn(run)).rejects.toMatchObject({ hint: expect.stringContaining("--from-scratch") });
    expect(await run.list("")).toEqual(before);
    const again = await Run.restart(run, { now: () => 0 }, {});
    expect(recovered(await collect(resume(again, data, { engine })))).toEqual([]);
    expect((await Run.open(run)).state.started).toBe("1970-01-01T00:00:00.000Z");
    await requireWhole(run);
  });

  it("restarts silently if nothing had been saved", async () => {
    const run = await copyOf(half);
    await run.remove("checkpoints");
    await edit(run, "run.json", (record) => ({ ...record, step: 13, saved: 0 }));
    expect(await goOn(run)).toEqual([]);
    await requireWhole(run);
  });

  it("is the only one that can be restarted", async () => {
    const run = await copyOf(half);
    await expect(Run.restart(run, { now: () => 0 }, {})).rejects.toThrow("has a checkpoint of step 40");
    await flip(run, `${at}/params.safetensors`);
    await expect(Run.restart(run, { now: () => 0 }, {})).rejects.toThrow("has a checkpoint of step 20");
    expect(await goOn(run)).toHaveLength(1);
  });
});

describe("a finished run", () => {
  const last = "checkpoints/000060/params.safetensors";

  it("repeats its last steps if the bytes of its last checkpoint are damaged", async () => {
    const run = await copyOf(whole);
    expect(await isDone(await Run.open(run))).toBe(true);
    await flip(run, last);
    expect(await isDone(await Run.open(run))).toBe(false);
    expect(await goOn(run)).toEqual([`${last}: was changed after it was saved (its SHA-256 differs)`]);
    expect(await run.read(last)).toEqual(await whole.read(last));
    await requireWhole(run);
  });

  it("reports to readers which logged scalars are missing", async () => {
    const run = await copyOf(whole);
    const opened = await Run.open(run);
    await opened.metrics();
    expect(opened.missingLines).toBeNull();
    const lines = text(await run.read("metrics.jsonl")).split("\n");
    await run.write("metrics.jsonl", bytes(lines.toSpliced(4, 1).join("\n")));
    await opened.metrics();
    expect(opened.missingLines).toMatch(/^metrics.jsonl: must hold the \d+ lines .* curves have a gap$/);
  });

  it("names config.json if an entry is invalid, and no flag", async () => {
    const run = await copyOf(whole);
    await run.write("config.json", bytes('{"recipe": 5}'));
    await expect(Run.open(run)).rejects.toMatchObject({
      message: "config.json: recipe must be the name of a recipe - got 5",
      option: undefined,
    });
  });
});

describe("a run whose record is damaged", () => {
  const config = "config.json is missing; its contents are read from";
  const byCheckpoint = "its contents are read from the checkpoint of step 40 instead";
  const byRecord = "its contents are read from run.json instead";
  it.each<[name: string, damage: (run: Store) => Promise<void>, ...reasons: string[]]>([
    ["run.json cut", (run) => cut(run, "run.json", 30), byCheckpoint],
    ["run.json empty", (run) => cut(run, "run.json", 0), `run.json: must be JSON - got an empty file; ${byCheckpoint}`],
    ["run.json of zeros", (run) => run.write("run.json", new Uint8Array(300)), byCheckpoint],
    ["another run.json", (run) => run.write("run.json", bytes("{}")), "run.json: status must be the status of a run"],
    ["no run.json", (run) => run.remove("run.json"), `run.json is missing; ${byCheckpoint}`],
    ["no config.json", (run) => run.remove("config.json"), config],
    [
      "no run.json and no config.json",
      async (run) => {
        await run.remove("run.json");
        await run.remove("config.json");
      },
      byCheckpoint,
      config,
    ],
    ["config.json cut", (run) => cut(run, "config.json", 30), byRecord],
    [
      "config.json empty",
      (run) => cut(run, "config.json", 0),
      `config.json: must be JSON - got an empty file; ${byRecord}`,
    ],
    ["config.json of zeros", (run) => run.write("config.json", new Uint8Array(300)), byRecord],
    ["no data.json", (run) => run.remove("data.json"), `data.json is missing; ${byCheckpoint}`],
    ["data.json cut", (run) => cut(run, "data.json", 30), `data.json: must be JSON`],
    ["data.json empty", (run) => cut(run, "data.json", 0), `must be JSON - got an empty file; ${byCheckpoint}`],
    [
      "data.json of another form",
      (run) => run.write("data.json", bytes("{}")),
      `data.json: name must be text - got none; ${byCheckpoint}`,
    ],
  ])("continues with what its checkpoint stores: %s", async (name, damage, ...reasons) => {
    const run = await copyOf(half);
    await damage(run);
    const before = await filesOf(run);
    // Who only reads it restores nothing, and does not say so.
    expect((await Run.open(run)).recovered).toEqual(reasons.map((reason) => expect.stringContaining(reason) as string));
    expect(await filesOf(run)).toEqual(before);
    const restored = name.match(/\w+\.json/g)!.map((file) => `${file} is restored`);
    expect(await goOn(run)).toEqual([
      ...reasons.map((reason) => expect.stringContaining(reason) as string),
      ...restored,
    ]);
    await requireWhole(run);
  });

  it("finds its data without data.json", async () => {
    const run = await copyOf(half);
    await run.remove("data.json");
    const other = { train: part(7, 40), test: data.test };
    await expect(collect(resume(await Run.open(run), other, { engine }))).rejects.toThrow(
      "the train items must be those",
    );
  });

  it.each<[name: string, file: string, content: string, reason: string, hint: string]>([
    ["metrics cut", "metrics.jsonl", '{"st\n', "metrics.jsonl: line 1 must be JSON", "or delete metrics.jsonl"],
    [
      "metrics empty",
      "metrics.jsonl",
      "{}\n",
      "metrics.jsonl: line 1: step must be a whole number",
      "or delete metrics.jsonl: its curves then start at the newest checkpoint",
    ],
  ])("is rejected without a replacement: %s", async (_, file, content, reason, hint) => {
    const run = await copyOf(half);
    await run.write(file, bytes(content));
    const refused = goOn(run);
    await expect(refused).rejects.toThrow(reason);
    await expect(refused).rejects.toMatchObject({ hint: expect.stringContaining(hint) });
  });

  it("is rejected without a replacement for its data.json", async () => {
    const run = await copyOf(half);
    await run.remove("checkpoints");
    await edit(run, "run.json", (record) => ({ ...record, step: 13, saved: 0 }));
    await run.write("data.json", bytes('{"name": "noi'));
    await expect(goOn(run)).rejects.toThrow("data.json: must be JSON");
  });

  it.each<[entry: string, section: string, name: string, value: unknown, reason: string]>([
    [
      "rate",
      "train",
      "learningRate",
      0.5,
      "train.learningRate must be 0.001, the value that the run started with - got 0.5",
    ],
    ["steps", "train", "steps", 70, "train.steps must be 60, the value that the run started with - got 70"],
    ["model", "model", "latent", 3, "model.latent must be 2, the value that the run started with - got 3"],
    ["data", "data", "limit", 30, "data.limit must be none, the value that the run started with - got 30"],
  ])("is rejected naming the changed entry: %s", async (_, section, name, value, reason) => {
    const run = await copyOf(half);
    await edit(run, "config.json", (all) => ({ ...all, [section]: { ...(all[section] as Json), [name]: value } }));
    await expect(Run.open(run)).rejects.toThrow(`config.json: ${reason}`);
    // Without its record, the checkpoint knows.
    await run.remove("run.json");
    await expect(Run.open(run)).rejects.toThrow(`config.json: ${reason}`);
  });

  it("accepts a config that was saved in another format", async () => {
    const run = await copyOf(half);
    const all = JSON.parse(text(await run.read("config.json"))) as Json;
    await run.write(
      "config.json",
      bytes(`\uFEFF${JSON.stringify(Object.fromEntries(Object.entries(all).toReversed()))}`),
    );
    expect(await goOn(run)).toEqual([]);
  });

  it("completes a change of the config that a crash interrupted", async () => {
    const run = await Run.open(await copyOf(half));
    const old = await run.store.read("config.json");
    await run.reconfigure({ ...run.config, train: { ...run.config.train, steps: 70 } });
    expect((await Run.open(run.store)).config.train.steps).toBe(70);
    await run.store.write("config.json", old);
    expect((await Run.open(run.store)).config.train.steps).toBe(70);
  });
});

describe("a file of another run", () => {
  /** The same recipe on other data. */
  const other = new MemoryStore();
  const otherData: DataSplit = { train: part(5, 40), test: part(6, 12) };
  const clock = { now: () => 1e12 };
  beforeAll(() => collect(train(model, otherData, { ...options, seed: 4 }, { engine, store: other, clock })));

  async function give(store: Store, from: string, to = from): Promise<void> {
    for (const name of await other.list(from)) await store.write(to + name.slice(from.length), await other.read(name));
  }

  it.each<[name: string, harm: (run: Store) => Promise<void>, reason: RegExp, hint: string]>([
    [
      "a checkpoint",
      (run) => give(run, at),
      /^checkpoints\/000040: must be a checkpoint of this run, started .* - got one of a run started 2001/,
      "it belongs to another run",
    ],
    [
      "the best checkpoint",
      async (run) => {
        await run.remove("checkpoints/best");
        await give(run, "checkpoints/best");
      },
      /^checkpoints\/best\/\d+: must be a checkpoint of this run/,
      "move it out of checkpoints/best/",
    ],
    [
      "all checkpoints",
      async (run) => {
        await run.remove("checkpoints");
        await give(run, "checkpoints");
      },
      /^run.json and checkpoints\/000020 must belong to the same run/,
      "one of them belongs to another run",
    ],
    [
      "run.json",
      (run) => give(run, "run.json"),
      /^run.json and checkpoints\/000020 must belong to the same run/,
      "is read from a checkpoint",
    ],
    [
      "a checkpoint, and run.json lost",
      async (run) => {
        await give(run, at);
        await run.remove("run.json");
      },
      /must belong to the same run - got runs started/,
      "one of them belongs to another run",
    ],
    [
      "data.json",
      (run) => give(run, "data.json"),
      /^data.json: must describe the data of this run, noise \(40 training and 10 test items.* - got noise \(40 training and 12/,
      "delete it",
    ],
    ["config.json", (run) => give(run, "config.json"), /^config.json: train.seed must be 3/, "delete the file"],
  ])("is reported as such: %s", async (_, harm, reason, hint) => {
    const run = await copyOf(half);
    await harm(run);
    const before = await run.list("");
    await expect(Run.open(run)).rejects.toThrow(reason);
    await expect(Run.open(run)).rejects.toMatchObject({ hint: expect.stringContaining(hint) });
    expect(await run.list("")).toEqual(before);
  });
});

describe("a run that is done", () => {
  it("repeats its last steps if its last checkpoint is lost or replaced", async () => {
    for (const [harm, reason] of [
      [(run: Store) => run.remove("checkpoints/000060"), "checkpoints: the one of step 60 is missing"],
      [
        async (run: Store) => run.write("checkpoints/000060/state.json", await run.read(`${at}/state.json`)),
        "checkpoints/000060: must hold the checkpoint of that step - got",
      ],
    ] as const) {
      const run = await copyOf(whole);
      await harm(run);
      const opened = await Run.open(run);
      expect(await isDone(opened)).toBe(false);
      expect(opened.recovered).toEqual([expect.stringContaining(reason)]);
    }
    const run = await copyOf(whole);
    await run.remove("checkpoints/000060");
    expect(await goOn(run)).toHaveLength(1);
    await requireWhole(run);
  });

  it("names the best checkpoint if no other is left", async () => {
    const run = await copyOf(whole);
    for (const { name } of await listCheckpoints(run)) await run.remove(`checkpoints/${name}`);
    await expect(openTrained(await Run.open(run), engine)).rejects.toMatchObject({
      hint: expect.stringMatching(/or use the best one, of step \d+: --checkpoint best$/),
    });
  });
});

describe("metrics.jsonl", () => {
  it("is reported to have lost lines that a checkpoint knows", async () => {
    const run = await copyOf(half);
    const lines = text(await run.read("metrics.jsonl"))
      .trimEnd()
      .split("\n");
    const known = lines.findIndex((line) => (JSON.parse(line) as { step: number }).step > 40);
    await run.write("metrics.jsonl", bytes(`${lines.slice(0, 12).join("\n")}\n`));
    expect(await goOn(run)).toEqual([
      `metrics.jsonl: must hold the ${known} lines written before the checkpoint - got 12; curves have a gap`,
    ]);
  });

  const textLines = async (store: Store): Promise<string[]> =>
    text(await store.read("metrics.jsonl"))
      .trimEnd()
      .split("\n");
  const write = (store: Store, lines: readonly string[]): Promise<void> =>
    store.write("metrics.jsonl", bytes(lines.map((line) => `${line}\n`).join("")));

  /** What was done to the file of a run. */
  const harms: [string, (store: Store) => Promise<void>][] = [
    ["emptied", (store) => write(store, [])],
    ["removed", (store) => store.remove("metrics.jsonl")],
    ["cut", async (store) => write(store, (await textLines(store)).slice(0, 20))],
    ["robbed of one line", async (store) => write(store, (await textLines(store)).toSpliced(9, 1))],
  ];

  it.each(harms)("is reported to be %s when a completed run is lengthened, and again", async (_, harm) => {
    const run = await copyOf(whole);
    await lengthen(await Run.open(run), data, { steps: 80 });
    await harm(run);
    for (let time = 0; time < 2; time++) {
      const events = resume(await Run.open(run), data, { engine });
      const told: string[] = [];
      for await (const event of events) {
        if (event.type === "recovered") told.push(event.what);
        // Stopped before anything was saved, so that the next one begins at the old end again.
        if (time === 0 && event.type === "step") break;
      }
      expect(told).toEqual([expect.stringMatching(/^metrics.jsonl: must hold the \d+ lines .* curves have a gap$/)]);
    }
    expect(await goOn(await copyOf(whole).then(longer))).toEqual([]);
  });

  it("is not reported to have lost the lines of its old end after a session that discarded them was killed", async () => {
    const run = await copyOf(whole);
    await lengthen(await Run.open(run), data, { steps: 80 });
    for (let time = 0; time < 3; time++) {
      for await (const event of resume(await Run.open(run), data, { engine })) {
        expect(event.type).not.toBe("recovered");
        // Before any line is written again, and then after some are.
        if (event.type === "phase" && event.phase === "train" && time < 2) break;
        if (event.type === "step" && time === 1) break;
      }
    }
    expect((await Run.open(run)).state).toMatchObject({ status: "done", step: 80 });
  });

  const longer = async (store: MemoryStore): Promise<MemoryStore> => {
    await lengthen(await Run.open(store), data, { steps: 80 });
    return store;
  };

  it.each(["one of another seed", "a longer one of another seed", "one in another order", "one with another value"])(
    "is rejected and left unchanged if it is %s",
    async (what) => {
      const other = new MemoryStore();
      const steps = what.includes("longer") ? 100 : 60;
      await collect(train(model, data, { ...options, steps, seed: 4 }, { engine, store: other }));
      const own = await textLines(whole);
      const [changed] = own.slice(9, 10).map((line) => line.replace(/"value":[^}]*/, '"value":7'));
      const lines = what.includes("seed")
        ? await textLines(other)
        : what.includes("order")
          ? own.toReversed()
          : own.with(9, changed!);
      for (const base of [half, await longer(await copyOf(whole))]) {
        const run = await copyOf(base);
        await write(run, lines);
        await expect(goOn(run)).rejects.toThrow(
          /metrics.jsonl: must start with the \d+ lines that this run wrote before/,
        );
        await expect(Run.open(run).then((opened) => opened.metrics())).rejects.toThrow("but starts with others");
        expect(await textLines(run)).toEqual(lines);
      }
    },
  );

  it.each([
    ["zeros", "\0".repeat(300)],
    ["zeros, and a line", `${"\0".repeat(300)}\n`],
    ["half a line", '{"step":45,"ima'],
    ["other text", "oops\noops\n"],
    ["nothing", ""],
  ])("discards what a power failure left of lines after the checkpoint: %s", async (_, tail) => {
    const run = await copyOf(half);
    const lines = text(await run.read("metrics.jsonl"))
      .trimEnd()
      .split("\n");
    const kept = lines.filter((line) => (JSON.parse(line) as { step: number }).step <= 40);
    await run.write("metrics.jsonl", bytes(`${kept.join("\n")}\n${tail}`));
    expect(await goOn(run)).toEqual([]);
    await requireWhole(run);
  });

  it("is read and truncated if it is longer than any string", async () => {
    const folder = await mkdtemp(join(tmpdir(), "zaya-long-"));
    try {
      const store = new FolderStore(folder);
      for (const name of await half.list("")) await store.write(name, await half.read(name));
      const lines = text(await half.read("metrics.jsonl"))
        .trimEnd()
        .split("\n");
      const [first] = lines;
      // JSON may hold any space: few lines make a long file. They are more than a checkpoint of this run knows.
      await store.remove("checkpoints");
      const wide = bytes(`${first!.replace(/^\{/, `{${" ".repeat(900_000)}`)}\n`);
      const file = await open(join(folder, "metrics.jsonl"), "w");
      for (let i = 0; i < 640; i++) await file.write(wide);
      await file.write(`${lines.slice(1).join("\n")}\n`);
      await file.close();
      const run = await Run.open(store);
      expect(await run.metrics()).toHaveLength(639 + lines.length);
      const kept = lines.filter((line) => (JSON.parse(line) as { step: number }).step <= 40);
      expect(await run.forget(null, ({ step }) => step > 40, false)).toBeNull();
      expect(await store.size("metrics.jsonl")).toBe(640 * wide.length + kept.slice(1).join("\n").length + 1);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("accepts a byte order mark and line ends from an editor", async () => {
    const run = await copyOf(half);
    const lines = text(await run.read("metrics.jsonl"))
      .trimEnd()
      .split("\n");
    await run.write("metrics.jsonl", bytes(`\uFEFF${lines.join("\r\n")}\r\n`));
    expect(await goOn(run)).toEqual([]);
    expect(await (await Run.open(run)).metrics()).toHaveLength((await linesOf(whole)).length);
  });

  it("has invalid lines, which are named where they matter", async () => {
    const run = await copyOf(half);
    const lines = text(await run.read("metrics.jsonl"))
      .trimEnd()
      .split("\n");
    for (const [broken, reason] of [
      ["{}", "line 8: step must be a whole number - got none"],
      ["[1]", "line 8: Invalid input: expected object, received array"],
      [lines[7]!.slice(0, 30), "line 8 must be JSON"],
      ["", "line 8 must be JSON"],
      [lines[7]!.replace('"split":"', '"split":"x'), "line 8: split must be train or test"],
      [lines[7]!.replace(/"value":[^}]*/, '"value":"1"'), 'line 8: value must be a number or null - got "1"'],
    ] as const) {
      await run.write("metrics.jsonl", bytes(`${lines.with(7, broken).join("\n")}\n`));
      await expect((await Run.open(run)).metrics()).rejects.toThrow(`metrics.jsonl: ${reason}`);
    }
  });
});

/** What is in memory of a disk, and what of it outlasts a power cut: the beginnings of files as they were last synced. */
class Disk extends MemoryStore {
  private durable = new Map<string, Uint8Array>();
  /** What would be left, after each change. */
  readonly cuts: ReadonlyMap<string, Uint8Array>[] = [];

  private async keep(name: string): Promise<void> {
    this.durable = new Map(this.durable).set(name, await super.read(name));
    this.cuts.push(this.durable);
  }
  override async write(name: string, content: Uint8Array): Promise<void> {
    await super.write(name, content);
    await this.keep(name);
  }
  override async create(name: string, content: Uint8Array): Promise<void> {
    await super.create(name, content);
    await this.keep(name);
  }
  override async append(name: string, content: Uint8Array): Promise<void> {
    await super.append(name, content);
    this.cuts.push(this.durable);
  }
  override async sync(name: string): Promise<void> {
    await super.sync(name);
    await this.keep(name);
  }
  override async remove(prefix: string): Promise<void> {
    await super.remove(prefix);
    this.durable = new Map([...this.durable].filter(([name]) => name !== prefix && !name.startsWith(`${prefix}/`)));
    this.cuts.push(this.durable);
  }
}

describe("a power failure", () => {
  it("loses nothing that a checkpoint relies on, at any time", async () => {
    const disk = new Disk();
    await collect(train(model, data, { ...options, keep: 1 }, { engine, store: disk }));
    const cuts = disk.cuts.filter((cut) => cut.has("config.json"));
    expect(cuts.length).toBeGreaterThan(30);
    // Every sixth, and those at which a checkpoint has just been completed or removed.
    const chosen = cuts.filter((cut, i) => i % 6 === 0 || statesIn(cut) !== statesIn(cuts[i - 1] ?? new Map()));
    let fromCheckpoint = 0;
    for (const cut of chosen) {
      const left = new MemoryStore();
      for (const [name, content] of cut) await left.write(name, content);
      const run = await Run.open(left);
      if (run.newest !== null) fromCheckpoint++;
      if (run.state.status === "done") continue;
      expect(recovered(await collect(resume(run, data, { engine })))).toEqual([]);
      expect(await linesOf(left)).toEqual(await linesOf(whole));
      for (const file of ["params.safetensors", "optimizer.safetensors"]) {
        const name = `checkpoints/000060/${file}`;
        expect(Buffer.from(await left.read(name)).equals(await whole.read(name))).toBe(true);
      }
    }
    expect(fromCheckpoint).toBeGreaterThan(5);
  });
});

const statesIn = (cut: ReadonlyMap<string, unknown>): string =>
  [...cut.keys()].filter((name) => name.endsWith("state.json")).join();

describe("the user's files under checkpoints/", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "zaya-checkpoints-"));
    const store = new FolderStore(folder);
    for (const name of await half.list("")) await store.write(name, await half.read(name));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("are ignored and preserved", async () => {
    const under = (name: string): string => join(folder, "checkpoints", name);
    const own = ["best", "000040 copy", "000040.bak", "0000040", "40", "zz", "000700", ".hidden"];
    for (const name of own) await cp(under("000020"), under(name), { recursive: true });
    await mkdir(under("000800"));
    await writeFile(under("notes.txt"), "mine");
    await writeFile(under("000900"), "mine");
    await symlink("000040", under("latest"));
    await symlink("000040", under("000950"));
    const store = new FolderStore(folder);
    expect((await listCheckpoints(store)).map(({ step }) => step)).toEqual([20, 40]);
    await edit(store, "run.json", (record) => ({ ...record, saved: 40 }));
    expect(await goOn(store)).toEqual([]);
    const left = [...own, "000800", "notes.txt", "000900", "latest", "000950", "000020", "000040", "000060"];
    expect((await readdir(under(""))).toSorted()).toEqual(left.toSorted());
    const copied = ["optimizer.safetensors", "params.safetensors", "state.json"];
    for (const name of own) expect(await readdir(under(name))).toEqual(expect.arrayContaining(copied));
    expect(await store.read("checkpoints/000060/params.safetensors")).toEqual(
      await whole.read("checkpoints/000060/params.safetensors"),
    );
  });

  it("do not make keep 1 remove newer checkpoints, and remain in removed ones", async () => {
    const store = new FolderStore(join(folder, "kept"));
    for (const file of ["params.safetensors", "optimizer.safetensors", "state.json"]) {
      await store.write(`checkpoints/best/${file}`, await whole.read(`checkpoints/000060/${file}`));
    }
    await store.write("checkpoints/000020/notes.txt", bytes("mine"));
    await collect(train(model, data, { ...options, keep: 1 }, { engine, store }));
    expect((await listCheckpoints(store)).map(({ step }) => step)).toEqual([60]);
    expect(await readdir(join(folder, "kept", "checkpoints"))).toEqual(["000020", "000060", "best"]);
    expect(await readdir(join(folder, "kept", "checkpoints", "000020"))).toEqual(["notes.txt"]);
  });

  it("are reported before training if a checkpoint is to be saved there", async () => {
    for (const name of ["checkpoints/000060/state.json", "checkpoints/000060"]) {
      const run = await copyOf(half);
      await run.write(name, await half.read("checkpoints/000020/state.json"));
      const before = await run.list("");
      await expect(goOn(run)).rejects.toThrow("checkpoints/000060: must be free for the checkpoint of that step");
      expect(await run.list("")).toEqual(before);
    }
  });
});
