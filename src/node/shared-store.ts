import { randomUUID } from "node:crypto";

import { RunError } from "../base/errors.ts";
import { encodeJson, parseJson, parseRecord, textEntry } from "../base/json.ts";
import { z } from "zod";
import { openStore } from "./place.ts";

const file = "store.json";
const schema = z.object({ id: textEntry });

/**
 * Id of a place of sweeps and trials, by which machines check that they share it; created on first use.
 * @throws RunError if the place is not writable, or could grant the same lock to two writers.
 */
export async function storeId(place: string): Promise<string> {
  const store = openStore(place);
  const create = () => store.create(file, encodeJson({ id: randomUUID() }));
  if (!(await store.has(file))) {
    // If several processes request it at once, one of them creates it.
    await create().catch(async (error: unknown) => {
      if (!(await store.has(file))) throw error;
    });
  }
  const id = await knownStoreId(place);
  // Some servers ignore the precondition of a conditional write.
  const again = await create().then(
    () => true,
    () => false,
  );
  if (again) {
    throw new RunError(
      `the store must refuse to create an object that exists - got ${file} created twice at ${place}`,
      "the server ignores If-None-Match, so runs could not be locked: use one that supports it, such as Amazon S3 (docs/scale.md)",
    );
  }
  return id!;
}

/** The same without creating one; null if the place has none. */
export async function knownStoreId(place: string): Promise<string | null> {
  const store = openStore(place);
  if (!(await store.has(file))) return null;
  return parseRecord(schema, parseJson(await store.read(file), file), file).id;
}
