import { randomUUID } from "node:crypto";

import { RunError } from "../base/errors.ts";
import { encodeJson, parseJson, parseRecord, textEntry } from "../base/json.ts";
import { z } from "zod";
import { FolderStore } from "./folder-store.ts";

const file = "store.json";
const schema = z.object({ id: textEntry });

/**
 * Id of a folder of sweeps and trials, by which machines check that they share it; created on first use.
 * @throws what the file system throws when the folder cannot be written.
 */
export async function storeId(folder: string): Promise<string> {
  const store = new FolderStore(folder);
  if (!(await store.has(file))) {
    // Of several that ask at once, one makes it.
    await store.create(file, encodeJson({ id: randomUUID() })).catch((error: unknown) => {
      if (!(error instanceof RunError) || !error.message.includes("EEXIST")) throw error;
    });
  }
  return (await knownStoreId(folder))!;
}

/** The same; null where the folder has none. */
export async function knownStoreId(folder: string): Promise<string | null> {
  const store = new FolderStore(folder);
  if (!(await store.has(file))) return null;
  return parseRecord(schema, parseJson(await store.read(file), file), file).id;
}
