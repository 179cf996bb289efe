import { createHash } from "node:crypto";
import { readFile, readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { type Context, Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { z } from "zod";

import { OptionError, ZayaError } from "../base/errors.ts";
import { codeOf } from "../node/folder-store.ts";
import type { FollowEvents, Refusal, RunPage, RunRow, TableEvents, TrainRequest } from "./api.ts";
import { forms } from "./forms.ts";
import { MetricLog } from "./metric-log.ts";
import { MetricLogs, metricsPath } from "./metric-logs.ts";
import { holdsRun } from "./run-files.ts";
import { RunFolders } from "./run-folders.ts";
import { SweepFolders } from "./sweep-folders.ts";
import { Trainings } from "./trainings.ts";

export interface MonitorOptions {
  /** The folder whose runs are shown. */
  readonly root: string;
  /** The token that a browser must send. */
  readonly token: string;
  /** Why training runs cannot be started, stopped or resumed; null if they can. */
  readonly readOnly: string | null;
}

/** Poll interval for files that a client follows, in milliseconds. */
const followPoll = 500;
const tablePoll = 2000;

/** Maximum number of intervals of steps to which a curve is reduced. */
const maxIntervals = 4000;

/** Maximum number of runs that a client follows at once. */
const maxFollowed = 6;

const built = fileURLToPath(new URL("../../dist/studio/", import.meta.url));

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".jsonl": "application/jsonl",
  ".onnx": "application/octet-stream",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A report may come from an untrusted source, so its scripts run in an origin of their own, to which this server does not respond. */
const reportPolicy =
  "sandbox allow-scripts; default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const trainRequest = z.object({
  recipe: z.string().regex(/^[\w-]+$/),
  data: z.array(z.string().min(1)).max(2),
  flags: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), z.string()),
  from: z.string().optional(),
});
const runRequest = z.object({ id: z.string(), steps: z.string().optional() });

/** Host names of this machine. Requests with other ones come from pages elsewhere (DNS rebinding); the port may be that of a tunnel. */
const ownName = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

/**
 * Name of the cookie that authorises a browser: one for each folder, because cookies are shared by all ports of a machine, and
 * thus by all studios on it.
 */
export function cookieName(root: string): string {
  return `zaya-${createHash("sha256").update(root).digest("hex").slice(0, 8)}`;
}

/** Answers the requests of the studio's page. The run files are the only source of truth: there is no other state. */
export function monitorApp({ root, token, readOnly }: MonitorOptions): {
  readonly app: Hono;
  readonly close: () => Promise<void>;
} {
  const runs = new RunFolders(root);
  const sweeps = new SweepFolders(root);
  const trainings = new Trainings(root);
  const logs = new MetricLogs();
  const closing = new AbortController();
  const cookie = cookieName(root);
  const app = new Hono();

  app.use(async (c, next) => {
    if (!ownName.test(c.req.header("host") ?? "")) {
      return c.text(
        "this server answers to localhost and 127.0.0.1 only: from elsewhere, open it through a tunnel",
        403,
      );
    }
    if (c.req.path === "/" && c.req.query("token") === token) {
      setCookie(c, cookie, token, { httpOnly: true, sameSite: "Strict", path: "/" });
      return c.redirect("/");
    }
    if (getCookie(c, cookie) !== token) return c.text("open the address that zaya studio printed", 401);
    await next();
    c.header("x-content-type-options", "nosniff");
    c.header("referrer-policy", "no-referrer");
    if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
  });

  app.onError((error, c) =>
    c.text(error instanceof ZayaError ? error.message : `the server failed: ${error.message}`, 500),
  );

  /** Why no run can be started in this folder, even if its runs can be resumed. */
  const noStart = async (): Promise<string | null> => {
    if (readOnly !== null || !holdsRun(await readdir(root).catch(() => []))) return readOnly;
    return "This folder is one run: to start others, open a studio on the folder above it.";
  };

  const pageOf = async (id: string): Promise<RunPage | null> => {
    const page = await runs.page(id);
    if (page === null) return null;
    return { ...page, ...(readOnly === null ? await trainings.control(id) : { control: null, fixed: null }) };
  };

  app.get("/api/studio", (c) => c.json({ root }));
  app.get("/api/runs", async (c) => c.json(await runs.rows()));
  app.get("/api/forms", async (c) => c.json(forms(root, await noStart(), readOnly)));

  app.get("/api/run", async (c) => {
    const page = await pageOf(c.req.query("id") ?? "");
    return page === null ? c.text("no such run", 404) : c.json(page);
  });

  app.get("/api/sweeps", async (c) => c.json(await sweeps.rows()));
  app.get("/api/sweep", async (c) => {
    const page = await sweeps.page(c.req.query("id") ?? "");
    return page === null ? c.text("no such sweep", 404) : c.json(page);
  });

  app.get("/api/scalars", async (c) => {
    const folder = await runs.folderOf(c.req.query("id") ?? "");
    if (folder === null) return c.text("no such run", 404);
    const wanted = Number(c.req.query("points") ?? 1000);
    return c.json(await logs.scalars(folder, Math.min(maxIntervals, Math.max(2, Math.trunc(wanted) || 2))));
  });

  app.get("/api/table", (c) =>
    streamSSE(c, async (stream) => {
      let sent: ReadonlyMap<string, RunRow> | null = null;
      while (open(stream)) {
        const now: ReadonlyMap<string, RunRow> = new Map((await runs.rows()).map((row) => [row.id, row]));
        const changed = [...now.values()].filter((row) => sent?.get(row.id) !== row);
        const gone = [...(sent?.keys() ?? [])].filter((id) => !now.has(id));
        const rows: TableEvents["rows"] = { all: sent === null, changed, gone };
        if (sent === null || changed.length > 0 || gone.length > 0) {
          await stream.writeSSE({ event: "rows", data: JSON.stringify(rows) });
        }
        sent = now;
        await pause(tablePoll);
      }
    }),
  );

  app.get("/api/follow", async (c) => {
    const ids = c.req.queries("id") ?? [];
    if (ids.length === 0 || ids.length > maxFollowed) return c.text(`1 to ${maxFollowed} runs can be followed`, 400);
    // A browser that reconnects to the stream says where it was.
    const from = c.req.header("last-event-id")?.split(",") ?? c.req.queries("from") ?? [];
    const followed = await Promise.all(ids.map((id, run) => openFollowed(id, run, from[run])));
    return streamSSE(c, async (stream) => {
      const tell = <Name extends keyof FollowEvents>(event: Name, data: FollowEvents[Name]) =>
        stream.writeSSE({ event, data: JSON.stringify(data), id: followed.map(({ log }) => log?.bytes ?? 0).join() });
      while (open(stream)) {
        for (const each of followed) if (!each.gone) await tellNews(each, tell);
        await pause(followPoll);
      }
    });
  });

  interface Followed {
    readonly id: string;
    /** Index of the run in the request. */
    readonly run: number;
    readonly log: MetricLog | null;
    page: string;
    gone: boolean;
  }

  async function openFollowed(id: string, run: number, from = "0"): Promise<Followed> {
    const folder = await runs.folderOf(id);
    const path = folder === null ? null : await metricsPath(folder);
    const start = Number(from);
    const log = path === null ? null : new MetricLog(path, Number.isSafeInteger(start) && start > 0 ? start : 0);
    return { id, run, log, page: "", gone: false };
  }

  async function tellNews(
    followed: Followed,
    tell: <Name extends keyof FollowEvents>(event: Name, data: FollowEvents[Name]) => Promise<void>,
  ): Promise<void> {
    const { id, run, log } = followed;
    const page = await pageOf(id);
    if (page === null) {
      followed.gone = true;
      return tell("gone", { run });
    }
    const lines = log === null ? [] : await log.read().catch(() => []);
    if (lines === null) await tell("reset", { run });
    else if (lines.length > 0) await tell("scalars", { run, lines });
    const said = JSON.stringify(page);
    if (said !== followed.page) await tell("page", { run, page });
    followed.page = said;
  }

  app.get("/file", async (c) => {
    const name = c.req.query("name") ?? "";
    const path = await runs.fileOf(c.req.query("id") ?? "", name);
    if (path === null) return c.text("no such file", 404);
    return send(c, path, name === "report.html" ? reportPolicy : "default-src 'none'");
  });

  const changing = async (
    c: Context,
    refusal: string | null,
    work: (body: unknown) => Promise<Response>,
  ): Promise<Response> => {
    if (refusal !== null) return c.text(refusal, 403);
    // Requiring JSON and a same-site cookie prevents forms on other sites from sending requests.
    if (c.req.header("content-type") !== "application/json") return c.text("requests must be JSON", 415);
    try {
      return await work(await c.req.json());
    } catch (error) {
      if (error instanceof z.ZodError || error instanceof SyntaxError)
        return c.text("the request must come from the studio's page", 400);
      if (!(error instanceof ZayaError)) throw error;
      const flag = error instanceof OptionError ? (error.option ?? null) : null;
      return c.json({ message: error.message, flag } satisfies Refusal, 422);
    }
  };

  app.post("/api/train", async (c) =>
    changing(c, await noStart(), async (body) => {
      const request: TrainRequest = trainRequest.parse(body);
      if (request.from !== undefined && (await runs.folderOf(request.from)) === null) return c.text("no such run", 404);
      return c.json({ id: await trainings.start(request) });
    }),
  );
  app.post("/api/resume", (c) =>
    changing(c, readOnly, async (body) => {
      const { id, steps } = runRequest.parse(body);
      if ((await runs.folderOf(id)) === null) return c.text("no such run", 404);
      await trainings.resume(id, steps);
      return c.json({ id });
    }),
  );
  app.post("/api/stop", (c) =>
    changing(c, readOnly, async (body) => {
      const { id } = runRequest.parse(body);
      if ((await runs.folderOf(id)) === null) return c.text("no such run", 404);
      return c.json({ stopped: await trainings.stop(id) });
    }),
  );

  app.get("*", async (c) => {
    const path = c.req.path === "/" ? "index.html" : c.req.path.slice(1);
    if (!/^(index\.html|assets\/[\w.-]+)$/.test(path)) return c.text("no such page", 404);
    if (path === "index.html" && (await stat(join(built, path)).catch(() => null)) === null) {
      return c.text("the page of the studio is not built: run npm run build:studio in the clone of zaya", 404);
    }
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

/** Files of at least this many bytes are sent in chunks. */
const wholeSize = 16 * 2 ** 20;

/** A file, or 304 if the browser's copy is current. */
async function send(c: Context, path: string, policy: string): Promise<Response> {
  try {
    const { mtimeMs, size } = await stat(path);
    const tag = `"${mtimeMs}-${size}"`;
    c.header("etag", tag);
    c.header("cache-control", "private, no-cache");
    if (c.req.header("if-none-match") === tag) return c.body(null, 304);
    c.header("content-type", types[extname(path)] ?? "application/octet-stream");
    c.header("content-security-policy", policy);
    if (size < wholeSize) return c.body(await readFile(path));
    return c.body(Readable.toWeb(createReadStream(path)) as ReadableStream);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return c.text("no such file", 404);
  }
}
