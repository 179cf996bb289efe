import { existsSync } from "node:fs";

import { type Browser, type Page, launch } from "puppeteer-core";

import { type ServeOptions, type Served, servePage } from "./browser.ts";

/** An installed Firefox, driven by WebDriver BiDi: Playwright needs a patched one. */
const executable = [process.env["FIREFOX_PATH"], "/usr/bin/firefox-esr", "/usr/bin/firefox"].find(
  (path) => path !== undefined && existsSync(path),
);

/** Why no test can run in Firefox here; null where one can. */
export const noFirefox: string | null =
  executable === undefined ? "no Firefox: install firefox-esr, or name one in FIREFOX_PATH" : null;

export function openFirefox(): Promise<Browser> {
  return launch({ browser: "firefox", executablePath: executable!, headless: true, timeout: 60_000 });
}

/** A page that is served and ready, in Firefox. */
export interface OpenedFirefoxPage {
  readonly page: Page;
  readonly served: Served;
  close(): Promise<void>;
}

/** Serves the page in a folder, and opens it in a Firefox of its own once it says that it is ready. */
export async function openFirefoxPage(folder: string, options: ServeOptions = {}): Promise<OpenedFirefoxPage> {
  const served = await servePage(folder, options);
  const browser = await openFirefox();
  const page = await browser.newPage();
  page.setDefaultTimeout(180_000);
  await page.goto(served.address);
  await page.waitForFunction("globalThis.ready");
  const close = async () => {
    await browser.close();
    await served.close();
  };
  return { page, served, close };
}
