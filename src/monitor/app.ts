import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { type Context, Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { z } from "zod";

import { ZayaError } from "../base/errors.ts";
import type { FollowEvents, RunPage, TrainRequest } from "./api.ts";
import { forms } from "./forms.ts";
import { MetricLog } from "./metric-log.ts";
import { RunFolders } from "./run-folders.ts";
import { Trainings } from "./trainings.ts";

export interface MonitorOptions {
  /** The folder whose runs are shown. */
  readonly root: string;
  /** What a browser must know to be answered. */
  readonly token: string;
  /** Names by which the server may be asked for: others are pages elsewhere that reach for it. */
  readonly hosts: readonly string[];
  /** Whether trainings may be started and stopped. */
  readonly readOnly: boolean;
}

/** Poll interval for files that a client follows, in milliseconds. */
const followPoll = 500;
const tablePoll = 2000;

/** Intervals of steps that a curve is thinned to at most. */
const maxIntervals = 4000;

const built = fileURLToPath(new URL("../../dist/studio/", import.meta.url));

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".onnx": "application/octet-stream",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A report may come from elsewhere: its scripts get an origin of their own, from which this server does not answer. */
const reportPolicy =
  "sandbox allow-scripts; default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const trainRequest = z.object({
  recipe: z.string().regex(/^[\w-]+$/),
  data: z.string().min(1),
  flags: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), z.string()),
});
const runRequest = z.object({ id: z.string(), steps: z.string().regex(/^\d+$/).optional() });

/** Answers the requests of the studio's page. The runs' files are the truth: nothing is kept that they do not say. */
export function monitorApp({ root, token, hosts, readOnly }: MonitorOptions): {
  readonly app: Hono;
  readonly close: () => Promise<void>;
} {
  const runs = new RunFolders(root);
  const trainings = new Trainings(root);
  const closing = new AbortController();
  const app = new Hono();

  app.use(async (c, next) => {
    if (!hosts.includes(c.req.header("host") ?? "")) return c.text("this server answers its own address alone", 403);
    if (c.req.path === "/" && c.req.query("token") === token) {
      setCookie(c, "zaya", token, { httpOnly: true, sameSite: "Strict", path: "/" });
      return c.redirect("/");
    }
    if (getCookie(c, "zaya") !== token) return c.text("open the address that zaya studio printed", 401);
    await next();
    c.header("x-content-type-options", "nosniff");
    c.header("referrer-policy", "no-referrer");
    c.header("cache-control", "no-store");
  });

  const pageOf = (id: string): Promise<RunPage | null> =>
    runs.page(id, readOnly ? null : trainings.has(id) ? "stop" : "resume");

  app.get("/api/runs", async (c) => c.json(await runs.rows()));
  app.get("/api/forms", (c) => c.json(forms(readOnly)));

  app.get("/api/run", async (c) => {
    const page = await pageOf(c.req.query("id") ?? "");
    return page === null ? c.text("no such run", 404) : c.json(page);
  });

  app.get("/api/scalars", async (c) => {
    const folder = await runs.folderOf(c.req.query("id") ?? "");
    if (folder === null) return c.text("no such run", 404);
    const log = new MetricLog(join(folder, "metrics.jsonl"));
    await log.read();
    const wanted = Number(c.req.query("points") ?? 1000);
    return c.json(log.scalars(Math.min(maxIntervals, Math.max(2, Math.trunc(wanted) || 2))));
  });

  app.get("/api/table", (c) =>
    streamSSE(c, async (stream) => {
      let last = "";
      while (open(stream)) {
        const rows = JSON.stringify(await runs.rows());
        if (rows !== last) await stream.writeSSE({ event: "rows", data: rows });
        last = rows;
        await pause(tablePoll);
      }
    }),
  );

  app.get("/api/follow", async (c) => {
    const id = c.req.query("id") ?? "";
    const folder = await runs.folderOf(id);
    if (folder === null) return c.text("no such run", 404);
    const from = Number(c.req.header("last-event-id") ?? c.req.query("from") ?? 0);
    return streamSSE(c, async (stream) => {
      const log = new MetricLog(join(folder, "metrics.jsonl"), Number.isSafeInteger(from) && from > 0 ? from : 0);
      const tell = <Name extends keyof FollowEvents>(event: Name, data: FollowEvents[Name]) =>
        stream.writeSSE({ event, data: JSON.stringify(data), id: String(log.bytes) });
      let last = "";
      while (open(stream)) {
        const lines = await log.read();
        if (lines === null) await tell("reset", null);
        else if (lines.length > 0) await tell("scalars", lines);
        const page = await pageOf(id);
        if (page === null) return;
        const said = JSON.stringify(page);
        if (said !== last) await tell("page", page);
        last = said;
        await pause(followPoll);
      }
    });
  });

  app.get("/file", async (c) => {
    const name = c.req.query("name") ?? "";
    const path = await runs.fileOf(c.req.query("id") ?? "", name);
    if (path === null) return c.text("no such file", 404);
    return send(c, path, name === "report.html" ? reportPolicy : "default-src 'none'");
  });

  const changing = async (c: Context, work: (body: unknown) => Promise<Response>): Promise<Response> => {
    if (readOnly) return c.text("this studio only shows runs: it was opened with --read-only", 403);
    // A form of another page cannot send JSON with a cookie that is for this site alone.
    if (c.req.header("content-type") !== "application/json") return c.text("JSON is wanted", 415);
    try {
      return await work(await c.req.json());
    } catch (error) {
      if (error instanceof z.ZodError || error instanceof SyntaxError)
        return c.text("not a request of the studio", 400);
      if (error instanceof ZayaError) return c.text(error.message, 422);
      throw error;
    }
  };

  app.post("/api/train", (c) =>
    changing(c, async (body) => c.json({ id: await trainings.start(trainRequest.parse(body) as TrainRequest) })),
  );
  app.post("/api/resume", (c) =>
    changing(c, async (body) => {
      const { id, steps } = runRequest.parse(body);
      if ((await runs.folderOf(id)) === null) return c.text("no such run", 404);
      await trainings.resume(id, steps);
      return c.json({ id });
    }),
  );
  app.post("/api/stop", (c) =>
    changing(c, async (body) => c.json({ stopped: trainings.stop(runRequest.parse(body).id) })),
  );

  app.get("*", async (c) => {
    const path = c.req.path === "/" ? "index.html" : c.req.path.slice(1);
    if (!/^(index\.html|assets\/[\w.-]+)$/.test(path)) return c.text("no such page", 404);
    return send(c, join(built, path), pagePolicy);
  });

  const open = (stream: SSEStreamingApi) => !stream.aborted && !stream.closed && !closing.signal.aborted;
  const pause = (time: number) => sleep(time, undefined, { signal: closing.signal }).catch(() => undefined);

  return {
    app,
    close: async () => {
      closing.abort();
      await trainings.close();
    },
  };
}

async function send(c: Context, path: string, policy: string): Promise<Response> {
  const bytes = await readFile(path).catch(() => null);
  if (bytes === null) return c.text("no such file", 404);
  c.header("content-type", types[extname(path)] ?? "application/octet-stream");
  c.header("content-security-policy", policy);
  return c.body(bytes);
}
