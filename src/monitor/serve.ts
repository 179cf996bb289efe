import { randomBytes } from "node:crypto";
import { readdir, realpath, stat } from "node:fs/promises";

import { serve } from "@hono/node-server";

import { OptionError } from "../base/errors.ts";
import { isBucket } from "../node/bucket.ts";
import { forgetStudio, rememberStudio, lastPort } from "./address.ts";
import { monitorApp } from "./app.ts";
import { writeRefusal } from "./run-folders.ts";
import { isZip, unpackRuns } from "./zipped-runs.ts";

export interface Monitor {
  /** The URL to open, with the token that authorises the browser. */
  readonly address: string;
  /** Why runs are only shown; null if they can be started. */
  readonly readOnly: string | null;
  /** Stops the training runs that were started from the page, and waits for them. */
  close(): Promise<void>;
}

export interface ServeOptions {
  /** 0 for any free port; undefined for the one that the folder used last, or any free one. */
  readonly port?: number | undefined;
  readonly readOnly?: boolean | undefined;
}

/** The folder that is served, and how to remove it if it is temporary. */
interface Source {
  readonly root: string;
  /** Why its runs are only shown; null if they can be changed. */
  readonly readOnly: string | null;
  /** Whether it still exists for a later studio. */
  readonly lasts: boolean;
  remove(): Promise<void>;
}

/**
 * Serves the studio's page for the runs in a folder or a zip file, to this machine only.
 * @throws OptionError if the path does not exist, or the port is taken.
 * @throws DataError for a zip file that cannot be shown.
 */
export async function serveMonitor(path: string, { port, readOnly }: ServeOptions = {}): Promise<Monitor> {
  const source = await openSource(path, readOnly === true);
  const { root, lasts } = source;
  const token = randomBytes(16).toString("hex");
  const { app, close } = monitorApp({ ...source, token });
  const preferred = port ?? (lasts ? await lastPort(root) : 0);
  try {
    const { server, taken } = await listen(app.fetch, preferred).catch((error: NodeJS.ErrnoException) => {
      // The last port is only preferred: another one is used if it is taken.
      if (port === undefined && preferred !== 0 && error.code === "EADDRINUSE") return listen(app.fetch, 0);
      throw error;
    });
    const address = `http://127.0.0.1:${taken}/?token=${token}`;
    if (lasts) await rememberStudio({ root, port: taken, token });
    return {
      address,
      readOnly: source.readOnly,
      close: async () => {
        if (lasts) await forgetStudio({ root, port: taken, token });
        await close();
        const closed = new Promise((done) => server.close(done));
        // Open pages keep connections open.
        if ("closeAllConnections" in server) server.closeAllConnections();
        await closed;
        await source.remove();
      },
    };
  } catch (error) {
    await source.remove();
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      throw new OptionError(`the port must be free - got ${port}, which another program uses`, "choose another --port");
    }
    if (code === "EACCES") {
      throw new OptionError(
        `the port must be permitted - got ${port}, which needs elevated privileges`,
        "choose 1024 or above",
      );
    }
    throw error;
  }
}

type Fetch = Parameters<typeof serve>[0]["fetch"];

function listen(fetch: Fetch, port: number): Promise<{ server: ReturnType<typeof serve>; taken: number }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: "127.0.0.1", port }, ({ port: taken }) => resolve({ server, taken }));
    server.once("error", reject);
  });
}

async function openSource(path: string, readOnly: boolean): Promise<Source> {
  if (isBucket(path)) {
    throw new OptionError(
      `the studio shows only folders, because it rereads files every second - got ${path}`,
      "zaya sweep status NAME --store URL prints the table of a sweep, zaya report RUN writes the report of a run",
    );
  }
  const root = await realpath(path).catch(() => null);
  if (root === null) {
    throw new OptionError(
      `the folder of runs must exist - got ${path}`,
      "train a model first, or name another folder: zaya studio DIR",
    );
  }
  const found = await stat(root);
  if (found.isFile() && (await isZip(root).catch(() => false))) {
    const { folder, remove } = await unpackRuns(root);
    const why = "These runs come from a zip file: they are only shown.";
    return { root: await realpath(folder), readOnly: why, lasts: false, remove };
  }
  if (!found.isDirectory()) {
    throw new OptionError(
      `the path must be a folder of runs, or a zip file of them - got ${path}, ${found.isFile() ? "a file" : "neither"}`,
      "name the folder that contains the runs: zaya studio DIR",
    );
  }
  await readdir(root).catch((error: NodeJS.ErrnoException) => {
    throw new OptionError(`the folder of runs must be readable - got ${error.code} for ${path}`, "change its mode");
  });
  const refusal = await writeRefusal(root);
  const why = readOnly
    ? "This studio was opened with --read-only: runs are only shown."
    : refusal && `Runs are only shown, because their folder cannot be changed: ${refusal}.`;
  return { root, readOnly: why, lasts: true, remove: async () => undefined };
}
