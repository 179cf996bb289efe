import { randomBytes } from "node:crypto";
import { realpath, stat } from "node:fs/promises";

import { serve } from "@hono/node-server";

import { OptionError } from "../base/errors.ts";
import { monitorApp } from "./app.ts";

export interface Monitor {
  /** The address to open, with the token that lets a browser in. */
  readonly address: string;
  /** Stops the trainings that were started from the page, and waits for them. */
  close(): Promise<void>;
}

/**
 * Serves the studio's page for the runs of a folder, to this machine alone.
 * @param port 0 for any that is free.
 * @throws OptionError when the folder is not there or the port is taken.
 */
export async function serveMonitor(folder: string, port: number, readOnly: boolean): Promise<Monitor> {
  const root = await realpath(folder).catch(() => null);
  if (root !== null && !(await stat(root)).isDirectory()) {
    throw new OptionError(
      `the path must be a folder of runs - got ${folder}, a file`,
      "name the folder in which the runs lie: zaya studio DIR",
    );
  }
  if (root === null) {
    throw new OptionError(
      `the folder of runs must exist - got ${folder}`,
      "train a model first, or name a folder: zaya studio DIR",
    );
  }
  const token = randomBytes(16).toString("hex");
  const hosts: string[] = [];
  const { app, close } = monitorApp({ root, token, hosts, readOnly });
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port }, ({ port: taken }) => {
      hosts.push(`127.0.0.1:${taken}`, `localhost:${taken}`);
      resolve({
        address: `http://127.0.0.1:${taken}/?token=${token}`,
        close: async () => {
          await close();
          await new Promise((done) => server.close(done));
        },
      });
    });
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRINUSE") return reject(error);
      reject(
        new OptionError(`the port must be free - got ${port}, which another program has`, "choose another --port"),
      );
    });
  });
}
