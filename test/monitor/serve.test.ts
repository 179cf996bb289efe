import { realpath } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { beforeEach, expect, it } from "vitest";

import { runningStudio, lastPort } from "../../src/monitor/address.ts";
import { serveMonitor } from "../../src/monitor/serve.ts";
import { newFolder, writeRun } from "./run.ts";

let root: string;

beforeEach(async () => {
  root = await realpath(await newFolder());
  await writeRun(join(root, "one"));
});

const portOf = (address: string) => Number(new URL(address).port);

it("is found by its folder while it runs, and reuses its port", async () => {
  expect(await runningStudio(root)).toBeNull();
  const monitor = await serveMonitor(root);
  const port = portOf(monitor.address);
  expect(await runningStudio(root)).toMatchObject({ root, port });
  await monitor.close();
  expect(await runningStudio(root)).toBeNull();
  expect(await lastPort(root)).toBe(port);
  const next = await serveMonitor(root);
  expect(portOf(next.address)).toBe(port);
  expect(next.address).not.toBe(monitor.address);
  await next.close();
});

it("takes another port if the last one is taken, but not instead of a requested one", async () => {
  const monitor = await serveMonitor(root);
  const port = portOf(monitor.address);
  await monitor.close();
  const other = createServer().listen(port, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const next = await serveMonitor(root);
  expect(portOf(next.address)).not.toBe(port);
  await next.close();
  const taken = (other.address() as AddressInfo).port;
  await expect(serveMonitor(root, { port: taken })).rejects.toThrow(`the port must be free - got ${taken}`);
  await new Promise((resolve) => other.close(resolve));
});

it("lets one browser use two studios, and the first of one folder remains the one that is found", async () => {
  const elsewhere = await newFolder();
  const monitors = [await serveMonitor(root), await serveMonitor(elsewhere), await serveMonitor(root)];
  const cookies: string[] = [];
  for (const { address } of monitors.slice(0, 2)) {
    const entry = await fetch(address, { redirect: "manual" });
    cookies.push(entry.headers.get("set-cookie")!.split(";")[0]!);
  }
  const statuses = monitors
    .slice(0, 2)
    .map(({ address }) => fetch(new URL("/api/runs", address), { headers: { cookie: cookies.join("; ") } }));
  expect((await Promise.all(statuses)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await runningStudio(root))!.port).toBe(portOf(monitors[0]!.address));
  for (const monitor of monitors) await monitor.close();
});

it("responds to its loopback names at any port, for tunnels", async () => {
  const monitor = await serveMonitor(root);
  const { port, search } = new URL(monitor.address);
  const ask = async (host: string): Promise<number> => {
    const { request } = await import("node:http");
    return new Promise((resolve, reject) => {
      const asked = request({ host: "127.0.0.1", port, path: `/${search}`, headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      });
      asked.once("error", reject);
      asked.end();
    });
  };
  for (const host of ["localhost:8080", "127.0.0.1", "[::1]:9"]) expect(await ask(host), host).toBe(302);
  for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil:80", "10.0.0.1"]) {
    expect(await ask(host), host).toBe(403);
  }
  await monitor.close();
});

it.each([
  ["/nothing/here", "the folder of runs must exist - got /nothing/here"],
  ["/dev/null", "must be a folder of runs, or a zip file of them - got /dev/null, neither"],
])("rejects %s", async (path, words) => {
  await expect(serveMonitor(path)).rejects.toThrow(words);
});

it("says why it shows runs only, or starts none", async () => {
  const shown = await serveMonitor(root, { readOnly: true });
  expect(shown.readOnly).toContain("--read-only");
  await shown.close();
});
