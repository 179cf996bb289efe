import { createHash } from "node:crypto";
import { lstat, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { z } from "zod";

import { cookieName } from "./app.ts";

// The address of a folder's studio is noted in a file that only the user can read, so that other zaya processes find the studio,
// and the next studio of the folder uses the same port, at which pages that are still open reconnect.

/** Address of a running studio. */
export interface StudioAddress {
  /** Real path of the folder that it shows. */
  readonly root: string;
  readonly port: number;
  readonly token: string;
}

const note = z.object({ root: z.string(), port: z.int().min(1).max(65535), token: z.string().optional() });

/** Timeout for the answer of a studio on this machine, in milliseconds. */
const patience = 2000;

/** The running studio of a folder; null if there is none. */
export async function runningStudio(root: string): Promise<StudioAddress | null> {
  const { port, token } = (await readNote(root)) ?? {};
  if (port === undefined || token === undefined) return null;
  try {
    const response = await fetch(`http://127.0.0.1:${port}/api/studio`, {
      headers: { cookie: `${cookieName(root)}=${token}` },
      signal: AbortSignal.timeout(patience),
    });
    const found = z.object({ root: z.string() }).parse(await response.json());
    return found.root === root ? { root, port, token } : null;
  } catch {
    return null;
  }
}

/** The port that the folder's studio used last; 0 if unknown. */
export async function lastPort(root: string): Promise<number> {
  return (await readNote(root))?.port ?? 0;
}

/** Notes a studio, unless another one of the same folder is running. */
export async function rememberStudio(address: StudioAddress): Promise<void> {
  if ((await runningStudio(address.root)) === null) await writeNote(address);
}

/** Removes the token from a studio's note and keeps the port for the next one. */
export async function forgetStudio({ root, port, token }: StudioAddress): Promise<void> {
  if ((await readNote(root))?.token === token) await writeNote({ root, port });
}

async function readNote(root: string): Promise<z.output<typeof note> | null> {
  const path = await pathOf(root);
  if (path === null) return null;
  try {
    const found = note.parse(JSON.parse(await readFile(path, "utf8")));
    return found.root === root ? found : null;
  } catch {
    return null;
  }
}

/** Failures are ignored: without the note, the studio is merely not found again. */
async function writeNote(content: z.input<typeof note>): Promise<void> {
  const path = await pathOf(content.root);
  if (path === null) return;
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, JSON.stringify(content), { mode: 0o600 }).then(
    () => rename(draft, path),
    () => undefined,
  );
}

/** Path of the note; null if no folder is private to the user. */
async function pathOf(root: string): Promise<string | null> {
  const user = process.getuid?.();
  const folder = join(process.env["XDG_RUNTIME_DIR"] ?? tmpdir(), user === undefined ? "zaya" : `zaya-${user}`);
  try {
    await mkdir(folder, { mode: 0o700 }).catch(() => undefined);
    const found = await lstat(folder);
    const isOwn = user === undefined || (found.uid === user && (found.mode & 0o077) === 0);
    if (!found.isDirectory() || !isOwn) return null;
  } catch {
    return null;
  }
  return join(folder, `studio-${createHash("sha256").update(root).digest("hex").slice(0, 16)}.json`);
}
