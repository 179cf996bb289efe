import { createHash } from "node:crypto";
import { lstat, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { z } from "zod";

import { cookieName } from "./app.ts";

// Where the studio of a folder answers: written down for the user alone, so that another zaya finds it, and so that the next
// studio of the folder takes the same port and pages that are still open find it again.

/** A studio that answers. */
export interface StudioAddress {
  /** The folder that it shows, a real path. */
  readonly root: string;
  readonly port: number;
  readonly token: string;
}

const note = z.object({ root: z.string(), port: z.int().min(1).max(65535), token: z.string().optional() });

/** How long a studio of this machine may take to answer, in milliseconds. */
const patience = 2000;

/** The studio that shows a folder now; null where none does. */
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

/** The port that the folder's studio had last; 0 for none. */
export async function usualPort(root: string): Promise<number> {
  return (await readNote(root))?.port ?? 0;
}

/** A second studio of a folder leaves the note of the first alone. */
export async function rememberStudio(address: StudioAddress): Promise<void> {
  if ((await runningStudio(address.root)) === null) await writeNote(address);
}

/** Keeps the port alone. */
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

/** Without a note everything works but what it is for. */
async function writeNote(content: z.input<typeof note>): Promise<void> {
  const path = await pathOf(content.root);
  if (path === null) return;
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, JSON.stringify(content), { mode: 0o600 }).then(
    () => rename(draft, path),
    () => undefined,
  );
}

/** Null where there is no place that is the user's alone. */
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
