import { existsSync } from "node:fs";
import { join } from "node:path";

import { type Browser, chromium } from "playwright-core";

/** An installed browser: no test brings one along. */
const executable = [process.env["CHROME_PATH"], "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
  (path) => path !== undefined && existsSync(path),
);

const built = existsSync(join(import.meta.dirname, "..", "..", "dist", "studio", "index.html"));

/** Why there can be no test in a browser here; null where there can. */
export const noBrowser: string | null =
  executable === undefined ? "no Chromium: install it, or name one in CHROME_PATH" : null;

/** The same of a test of the studio's page. */
export const noStudio: string | null = noBrowser ?? (built ? null : "no page: npm run build:studio");

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: executable!, args: ["--no-sandbox", "--disable-gpu"] });
}
