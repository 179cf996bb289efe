import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

import type { Browser, Page } from "playwright-core";
import { openBrowser } from "../browser.ts";

const root = join(import.meta.dirname, "..", "..", "dist", "labs");
const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".woff2": "font/woff2",
};

/** The site of the labs, as any file server serves it, in a browser. */
export interface LabsSite {
  readonly page: Page;
  /** What went wrong in the page: errors, and what its security policy refused. */
  readonly faults: string[];
  /** Goes to an address of the site, which is loaded anew. */
  go(hash: string): Promise<void>;
  close(): Promise<void>;
}

export async function openLabs(): Promise<LabsSite> {
  const server = createServer((request, response) => {
    const path = new URL(request.url!, "http://page").pathname.replace(/^\/labs\/$/, "/labs/index.html");
    readFile(join(root, decodeURIComponent(path.replace(/^\/labs/, "")))).then(
      (bytes) => response.setHeader("content-type", types[extname(path)] ?? "application/octet-stream").end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://localhost:${(server.address() as AddressInfo).port}/labs/`;
  const browser: Browser = await openBrowser();
  const page = await browser.newPage({ reducedMotion: "reduce", viewport: { width: 1280, height: 900 } });
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  return {
    page,
    faults,
    go: async (hash) => {
      await page.goto("about:blank");
      await page.goto(address + hash);
    },
    close: async () => {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
