import { randomUUID } from "node:crypto";

import { RunError } from "../base/errors.ts";
import { encodeJson, parseJson, parseRecord, textEntry } from "../base/json.ts";
import { z } from "zod";
import { openStore } from "./place.ts";

const file = "store.json";
const schema = z.object({ id: textEntry });

/**
 * Id of a place of sweeps and trials, by which machines check that they share it; created on first use.
 * @throws RunError when the place cannot be written, or would give one lock to two writers.
 */
export async function storeId(place: string): Promise<string> {
  const store = openStore(place);
  const create = () => store.create(file, encodeJson({ id: randomUUID() }));
  if (!(await store.has(file))) {
    // Of several that ask at once, one makes it.
    await create().catch(async (error: unknown) => {
      if (!(await store.has(file))) throw error;
    });
  }
  const id = await knownStoreId(place);
  // Some servers take a conditional write for a plain one.
  const again = await create().then(
    () => true,
    () => false,
  );
  if (again) {
    throw new RunError(
      `the store must refuse to make what is there - got ${file} made twice at ${place}`,
      "the server ignores If-None-Match, so that no run could be locked: docs/scale.md tells which servers know it",
    );
  }
  return id!;
}

/** The same; null where the place has none. */
export async function knownStoreId(place: string): Promise<string | null> {
  const store = openStore(place);
  if (!(await store.has(file))) return null;
  return parseRecord(schema, parseJson(await store.read(file), file), file).id;
}
