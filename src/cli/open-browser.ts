import { spawn } from "node:child_process";

import type { Output } from "./output.ts";

/**
 * Opens an address in the user's browser on a machine with a screen: not in scripts, containers and
 * remote sessions. @returns Whether it was tried.
 */
export function openBrowser(address: string, output: Output): boolean {
  const words = output.live ? openerOf(process.platform, process.env) : null;
  if (words === null) return false;
  const [program, ...rest] = words;
  const opener = spawn(program!, [...rest, address], { stdio: "ignore", detached: true });
  // The address is on the screen: it can be opened by hand.
  opener.once("error", () => output.warn(`note: no browser could be opened by ${program}: open the URL above`));
  opener.unref();
  return true;
}

type Env = Readonly<Record<string, string | undefined>>;

function openerOf(platform: NodeJS.Platform, env: Env): string[] | null {
  if (env["SSH_CONNECTION"] !== undefined || env["CI"] !== undefined) return null;
  if (platform === "darwin") return ["open"];
  if (platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler"];
  return env["DISPLAY"] === undefined && env["WAYLAND_DISPLAY"] === undefined ? null : ["xdg-open"];
}
