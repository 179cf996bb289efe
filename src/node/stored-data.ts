import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join } from "node:path";

import { z } from "zod";

import { DataError } from "../base/errors.ts";
import { countEntry, encodeJson, parseJson, parseRecord, textEntry } from "../base/json.ts";
import type { Store } from "../base/store.ts";
import type { DataSource } from "../run/index.ts";
import { naming } from "./folder-store.ts";
import { listFiles } from "./list-files.ts";
import { openStore, placeIn } from "./place.ts";

// Data in a store: data/KEY/files/NUMBER and data/KEY/manifest.json, which is written last. KEY is the digest of the manifest,
// so that equal files are stored once.

/** Lists the files at a path with their digests. */
const manifest = z.object({
  /** Last component of the path, and whether it is a folder. */
  name: textEntry,
  folder: z.boolean(),
  files: z.array(z.object({ path: textEntry, size: countEntry, sha256: textEntry })),
});
type Manifest = z.output<typeof manifest>;

const manifestFile = "manifest.json";
const fileName = (index: number): string => `files/${String(index).padStart(7, "0")}`;

/** The paths from which data are read. */
export function dataPaths({ spec, second, dataDir }: DataSource): string[] {
  return [spec, second, dataDir].filter((path) => path !== undefined && isAbsolute(path)) as string[];
}

/**
 * Copies the files at a path to a store, unless they are there already.
 * @param place Location of sweeps and trials.
 * @param begins Called before the first byte is sent.
 * @returns Their key.
 */
export async function putData(
  place: string,
  path: string,
  begins: (files: number, bytes: number) => void,
): Promise<string> {
  const { folder, files } = await filesAt(path);
  const listed = [];
  for (const file of files) {
    const { size, sha256 } = await digestOf(folder ? join(path, file) : path);
    listed.push({ path: file, size, sha256 });
  }
  const record: Manifest = { name: basename(path), folder, files: listed };
  const bytes = encodeJson(record);
  const key = createHash("sha256").update(bytes).digest("hex").slice(0, 32);
  const store = openStore(placeIn(place, "data", key));
  if (await store.has(manifestFile)) return key;
  begins(
    listed.length,
    listed.reduce((sum, { size }) => sum + size, 0),
  );
  for (const [index, { path: file, sha256 }] of listed.entries()) {
    const content = await readFile(folder ? join(path, file) : path);
    if (createHash("sha256").update(content).digest("hex") !== sha256) {
      throw new DataError(`${path}: the data must stay the same while they are stored - got ${file} changed`);
    }
    await store.write(fileName(index), content);
  }
  await store.write(manifestFile, bytes);
  return key;
}

async function filesAt(path: string): Promise<{ folder: boolean; files: string[] }> {
  const found = await naming("read", path, () => stat(path));
  return found.isDirectory() ? { folder: true, files: await listFiles(path, []) } : { folder: false, files: [""] };
}

async function digestOf(path: string): Promise<{ size: number; sha256: string }> {
  const hash = createHash("sha256");
  let size = 0;
  const file = await naming("read", path, () => open(path));
  for await (const chunk of file.createReadStream()) {
    hash.update(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  return { size, sha256: hash.digest("hex") };
}

/** Folder in which a machine caches fetched data. */
function cacheFolder(): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "zaya", "data");
}

const fetching = new Map<string, Promise<string>>();

/** Fetches stored data, once per machine. @returns Their local path. */
export function fetchData(place: string, key: string): Promise<string> {
  const begun = fetching.get(key) ?? fetchNow(place, key).finally(() => fetching.delete(key));
  fetching.set(key, begun);
  return begun;
}

async function fetchNow(place: string, key: string): Promise<string> {
  const store = openStore(placeIn(place, "data", key));
  const folder = join(cacheFolder(), key);
  const record = await manifestOf(store, `${place}/data/${key}`);
  const path = join(folder, record.name);
  if ((await stat(path).catch(() => null)) !== null) return path;
  const draft = join(cacheFolder(), `.${key}-${randomUUID()}`);
  try {
    for (const [index, { path: file, sha256 }] of record.files.entries()) {
      const target = record.folder ? join(draft, record.name, file) : join(draft, record.name);
      const content = await store.read(fileName(index));
      if (createHash("sha256").update(content).digest("hex") !== sha256) {
        throw new DataError(
          `${place}/data/${key}: ${fileName(index)} was changed after it was stored (its SHA-256 differs)`,
          "remove that folder of the store, and start the sweep again on the machine that has the data",
        );
      }
      await naming("write", target, async () => {
        await mkdir(dirname(target), { recursive: true });
        const handle = await open(target, "wx");
        await handle.writeFile(content).finally(() => handle.close());
      });
    }
    await naming("write", folder, () => rename(draft, folder));
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another worker of this machine has fetched them first.
    if ((await stat(path).catch(() => null)) === null) throw error;
  }
  return path;
}

async function manifestOf(store: Store, where: string): Promise<Manifest> {
  return parseRecord(manifest, parseJson(await store.read(manifestFile), where), where);
}

/** The environment variable that passes the locations of fetched data to a training process: local paths by the paths in its config. */
const fetchedVariable = "ZAYA_FETCHED_DATA";

/** Environment of a process that uses fetched data. */
export function fetchedEnvironment(paths: Readonly<Record<string, string>>): Record<string, string> {
  return { [fetchedVariable]: JSON.stringify(paths) };
}

/** The local path of data: where they were fetched to, or else the path itself. */
export function localDataPath(path: string): string {
  const text = process.env[fetchedVariable];
  if (text === undefined) return path;
  return (JSON.parse(text) as Readonly<Record<string, string>>)[path] ?? path;
}
