import { join } from "node:path";

import type { Page } from "playwright-core";

import { OptionError, RunError } from "../../src/base/errors.ts";
import type { Store } from "../../src/base/store.ts";
import { openBrowser, servePage } from "../browser.ts";

interface Answer {
  readonly value?: unknown;
  readonly error?: string;
  readonly isOption?: boolean;
}

/** A page whose Worker holds stores in the browser's file system. */
export async function openStorePage(): Promise<{ open(name: string): Store; close(): Promise<void> }> {
  const served = await servePage(join(import.meta.dirname, "pages"));
  const browser = await openBrowser();
  const page = await (await browser.newContext()).newPage();
  await page.goto(served.address);
  await page.waitForFunction("globalThis.ready");
  return {
    open: (name) => storeIn(page, name),
    close: async () => {
      await browser.close();
      await served.close();
    },
  };
}

/** Bytes cross as text, a character each. */
function storeIn(page: Page, store: string): Store {
  const call = async <T>(method: string, name: string, argument?: Uint8Array | number): Promise<T> => {
    const given = argument instanceof Uint8Array ? Buffer.from(argument).toString("latin1") : argument;
    const words = JSON.stringify([store, method, name, given]);
    const { value, error, isOption } = await page.evaluate<Answer>(`callStore(...${words})`);
    if (error === undefined) return value as T;
    throw isOption === true ? new OptionError(error) : new RunError(error);
  };
  const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text, "latin1"));
  return {
    read: async (name) => bytesOf(await call<string>("read", name)),
    async *chunks(name) {
      for (const piece of await call<string[]>("chunks", name)) yield bytesOf(piece);
    },
    size: (name) => call("size", name),
    write: (name, bytes) => call("write", name, bytes),
    create: (name, bytes) => call("create", name, bytes),
    append: (name, bytes) => call("append", name, bytes),
    sync: (name) => call("sync", name),
    truncate: (name, size) => call("truncate", name, size),
    list: (prefix) => call("list", prefix),
    remove: (prefix) => call("remove", prefix),
    has: (name) => call("has", name),
  };
}
