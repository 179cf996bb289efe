import { execFileSync } from "node:child_process";
import { appendFile, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { DataError } from "../../src/base/errors.ts";
import { openData } from "../../src/node/index.ts";
import { readChunks, readIfThere, readRegular } from "../../src/node/read-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "zaya-read-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(file: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, file);
  await writeFile(path, content);
  return path;
}

async function errorOf(body: Promise<unknown>): Promise<DataError> {
  const error = await body.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DataError);
  return error as DataError;
}

describe("only regular files are read", () => {
  it("rejects a pipe immediately instead of waiting for its writer", async () => {
    const path = join(folder, "points.csv");
    execFileSync("mkfifo", [path]);
    const error = await errorOf(openData(path));
    expect(error.message).toBe(`${path} must be a file - got a pipe`);
    expect(error.hint).toContain("to a file first");
  });

  it.each(["readIfThere", "readRegular", "readChunks"])("rejects a device: %s", async (name) => {
    const read = { readIfThere, readRegular, readChunks }[name]!;
    expect((await errorOf(read("/dev/zero"))).message).toBe("/dev/zero must be a file - got a device");
  });

  it("rejects a device named as data with the true reason", async () => {
    expect((await errorOf(openData("/dev/zero"))).message).toContain("must be a file - got a device");
  });

  it("rejects a socket and a folder", async () => {
    const path = join(folder, "x.npy");
    const server = createServer();
    await new Promise<void>((done) => server.listen(path, done));
    expect((await errorOf(openData(path))).message).toContain("must be a file - got a socket");
    await new Promise((done) => server.close(done));
    expect((await errorOf(readRegular(folder))).message).toContain("must be a file - got a folder");
  });

  it("returns null for a missing file", async () => {
    expect(await readIfThere(join(folder, "none"))).toBeNull();
    expect((await errorOf(readRegular(join(folder, "none")))).message).toContain("there is no file");
  });
});

describe("limits on the size of files", () => {
  it("rejects a file that exceeds its limit by its size alone", async () => {
    const path = await put("large.bin", "");
    await truncate(path, 2 ** 40);
    const held = process.memoryUsage().rss;
    const error = await errorOf(readIfThere(path, { hint: "use a smaller one" }));
    expect(error.message).toMatch(/large\.bin must have at most [\d.]+ GiB to be read into memory - got 1020 GiB/);
    expect(error.hint).toBe("use a smaller one");
    expect(process.memoryUsage().rss - held).toBeLessThan(2 ** 27);
  });

  it("stops a gzip file that expands to a thousand times its size", async () => {
    const bomb = gzipSync(new Uint8Array(3 * 2 ** 26));
    const path = await put("bomb.csv.gz", bomb);
    const held = process.memoryUsage().rss;
    const error = await errorOf(readIfThere(path));
    expect(error.message).toContain("bomb.csv.gz must decompress to at most 32 times its size - got");
    expect(process.memoryUsage().rss - held).toBeLessThan(200 * 2 ** 20);
  });

  it("decompresses gzip files within the limits, including several members", async () => {
    const path = await put("a.gz", Buffer.concat([gzipSync("1,2\n"), gzipSync("3,4\n")]));
    expect(new TextDecoder().decode((await readIfThere(path))!)).toBe("1,2\n3,4\n");
    const error = await errorOf(readIfThere(path, { bytes: 7 }));
    expect(error.message).toContain("got more after decompression");
  });
});

describe("a file that changes while it is read", () => {
  const large = new Uint8Array(3 * 2 ** 20).fill(0x31);

  it("is reported when it shrinks", async () => {
    const path = await put("a.csv", large);
    const chunks = (await readChunks(path))!;
    await chunks.next();
    await truncate(path, 100);
    const error = await errorOf(chunks.next());
    expect(error.message).toContain("a.csv must not change while it is read - got 1048576 of 3145728 bytes");
    expect(error.hint).toContain("wait until the program");
  });

  it("is reported when it grows", async () => {
    const path = await put("a.csv", large);
    const read = async (): Promise<void> => {
      for await (const chunk of (await readChunks(path))!) if (chunk.length > 0) await appendFile(path, "1,2\n");
    };
    expect((await errorOf(read())).message).toContain("must not change while it is read");
  });

  // Nothing is mapped at the start of a process's memory, so that Linux cannot read there.
  it.runIf(process.platform === "linux")("reports a read error of the disk", async () => {
    expect((await errorOf(readIfThere("/proc/self/mem"))).message).toBe(
      "/proc/self/mem must be readable - got EIO at byte 0",
    );
  });
});
