import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type ServeOptions, servePage } from "./browser.ts";

const executable = [process.env["FIREFOX_PATH"], "/usr/bin/firefox-esr", "/usr/bin/firefox"].find(
  (path) => path !== undefined && existsSync(path),
);

/** Why no test can run in Firefox here; null where one can. */
export const noFirefox: string | null =
  executable === undefined ? "no Firefox: install firefox-esr, or name one in FIREFOX_PATH" : null;

/** What the page runs besides its own code: it asks for expressions, and posts what they are. */
const asking = `
  while (!globalThis.ready) await new Promise((resolve) => setTimeout(resolve, 20));
  for (;;) {
    const expression = await (await fetch("/ask", { method: "POST" })).text();
    let answer;
    try {
      answer = { value: await (0, eval)(expression) };
    } catch (error) {
      answer = { error: String(error) };
    }
    await fetch("/answer", { method: "POST", body: JSON.stringify(answer) });
  }
`;

/** Nothing that asks a person or the network at the first start. */
const preferences = [
  `"browser.shell.checkDefaultBrowser", false`,
  `"browser.aboutwelcome.enabled", false`,
  `"datareporting.policy.dataSubmissionEnabled", false`,
  `"datareporting.policy.dataSubmissionPolicyBypassNotification", true`,
  `"network.captive-portal-service.enabled", false`,
  `"network.connectivity-service.enabled", false`,
];

/** A page that is served and ready, in Firefox. */
export interface OpenedFirefoxPage {
  readonly page: { evaluate(expression: string): Promise<unknown> };
  close(): Promise<void>;
}

/**
 * Serves the page in a folder, and opens it in a Firefox as a person has it, which asks the server what to do. Driven from outside
 * (WebDriver), Firefox 153 on a busy machine sometimes never returns from `new Worker` in a Worker.
 */
export async function openFirefoxPage(folder: string, options: ServeOptions = {}): Promise<OpenedFirefoxPage> {
  const waiting = new Conversation();
  const served = await servePage(folder, { ...options, script: asking, answer: waiting.answer });
  const profile = await mkdtemp(join(tmpdir(), "zaya-firefox-"));
  await writeFile(join(profile, "user.js"), preferences.map((one) => `user_pref(${one});\n`).join(""));
  const words = ["--headless", "--no-remote", "--profile", profile, served.address];
  const firefox = spawn(executable!, words, { stdio: "ignore", detached: true });
  const kill = () => void process.kill(-firefox.pid!, "SIGKILL");
  process.once("exit", kill);
  const ended = new Promise((resolve) => firefox.once("exit", resolve));
  return {
    page: { evaluate: (expression) => waiting.ask(expression) },
    close: async () => {
      process.off("exit", kill);
      kill();
      await ended;
      await served.close();
      // Its other processes may still write.
      await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}

/** Expressions for a page that asks for them. */
class Conversation {
  private readonly asked: { expression: string; resolve(value: unknown): void; reject(reason: Error): void }[] = [];
  private idle: ServerResponse | null = null;

  ask(expression: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.asked.push({ expression, resolve, reject });
      this.send();
    });
  }

  /** Whether a request is the page's, which it then answers. */
  readonly answer = (request: IncomingMessage, response: ServerResponse): boolean => {
    if (request.url === "/ask") {
      this.idle = response;
      this.send();
      return true;
    }
    if (request.url !== "/answer") return false;
    void this.hear(request).finally(() => response.end());
    return true;
  };

  private send(): void {
    if (this.idle === null || this.asked.length === 0) return;
    this.idle.end(this.asked[0]!.expression);
    this.idle = null;
  }

  private async hear(request: IncomingMessage): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const { value, error } = JSON.parse(Buffer.concat(pieces).toString()) as { value?: unknown; error?: string };
    const { resolve, reject } = this.asked.shift()!;
    if (error === undefined) resolve(value);
    else reject(new Error(error));
  }
}
