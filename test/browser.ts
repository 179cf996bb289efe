import { existsSync } from "node:fs";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";

import { type Browser, type Page, chromium } from "playwright-core";
import { build } from "vite";

/** An installed browser: no test brings one along. */
const executable = [process.env["CHROME_PATH"], "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
  (path) => path !== undefined && existsSync(path),
);

/** Why there can be no test in a browser here; null where there can. */
export const noBrowser: string | null =
  executable === undefined ? "no Chromium: install it, or name one in CHROME_PATH" : null;

/** @param flags Of Chromium; "--disable-gpu" by default. */
export function openBrowser(flags: readonly string[] = ["--disable-gpu"]): Promise<Browser> {
  return chromium.launch({ executablePath: executable!, args: ["--no-sandbox", ...flags] });
}

export interface Served {
  readonly address: string;
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
};

/** What makes a browser isolate a page from others, so that its Workers may share memory. */
const isolation = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

export interface ServeOptions {
  readonly isolated?: boolean;
  /** Files that are not found. */
  readonly missing?: RegExp;
  /** Files that never arrive. */
  readonly stalled?: RegExp;
  /** A module that the page runs besides its own. */
  readonly script?: string;
  /** Answers a request, or leaves it to the server. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** Bundles the page in a folder as users do, and serves it to this machine. */
export async function servePage(
  folder: string,
  { isolated = false, missing, stalled, script, answer }: ServeOptions = {},
): Promise<Served> {
  const outDir = await mkdtemp(join(tmpdir(), "zaya-page-"));
  await build({
    root: folder,
    configFile: false,
    logLevel: "warn",
    build: { outDir, emptyOutDir: true, target: "es2022", rolldownOptions: { checks: { pluginTimings: false } } },
    worker: { format: "es" },
  });
  if (script !== undefined) {
    await writeFile(join(outDir, "besides.js"), script);
    await appendFile(join(outDir, "index.html"), `<script type="module" src="/besides.js"></script>`);
  }
  const server = createServer((request, response) => {
    const path = new URL(request.url!, "http://page").pathname;
    if (isolated) for (const [name, value] of Object.entries(isolation)) response.setHeader(name, value);
    if (stalled?.test(path) || answer?.(request, response) === true) return;
    if (missing?.test(path)) return void response.writeHead(404).end();
    readFile(join(outDir, path === "/" ? "index.html" : path)).then(
      (bytes) => response.setHeader("content-type", types[extname(path)] ?? types[".html"]!).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    // OPFS is available only in secure contexts, which include localhost.
    address: `http://localhost:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(outDir, { recursive: true });
    },
  };
}

/** A page that is served and ready, in a browser. */
export interface OpenedPage {
  readonly page: Page;
  readonly served: Served;
  close(): Promise<void>;
}

/** Serves the page in a folder, and opens it in a browser of its own once it says that it is ready. */
export async function openPage(
  folder: string,
  { flags, ...options }: ServeOptions & { readonly flags?: readonly string[] } = {},
): Promise<OpenedPage> {
  const served = await servePage(folder, options);
  const browser = await openBrowser(flags);
  const page = await (await browser.newContext()).newPage();
  await page.goto(served.address);
  await page.waitForFunction("globalThis.ready");
  const close = async () => {
    await browser.close();
    await served.close();
  };
  return { page, served, close };
}
