import { systemClock } from "../base/clock.ts";
import { RunError } from "../base/errors.ts";
import { encodeJson } from "../base/json.ts";
import { Bucket, type ObjectFacts, parseBucketPlace } from "./bucket.ts";
import { type LockHolder, type PlaceLock, invisibleHost, describeProcess, isAlive, parseHolder } from "./lock.ts";

/** How long a lock is valid after a renewal, and the interval of renewals, in milliseconds. */
const [lease, renewEvery] = [60_000, 20_000];

/** Milliseconds for which a lock is trusted after a check, so that writes within this time need no further request. */
const seenFor = 1000;

/** Number of attempts to take a lock while others take, lose or release it. */
const tries = 5;

interface FoundLock {
  readonly holder: LockHolder | null;
  readonly facts: ObjectFacts;
}

/**
 * Makes this process the only writer of a place in a bucket, by an object that only one request can create. The lock is renewed.
 * A lock that has not been renewed for a minute by the server's clock, or whose process was on this machine and has ended, is
 * taken over.
 * @throws RunError if another process holds the lock; it names the process.
 */
export async function lockBucket(place: string): Promise<PlaceLock> {
  const { bucket, key } = lockObject(place);
  const holder = await describeProcess(process.pid);
  // Each renewal creates a new version, so that a lock that was taken over cannot be renewed.
  const body = encodeJson(holder);
  const put = (condition: "nothing" | { etag: string }) => bucket.put(key, body, { writer: holder.id, if: condition });
  let etag: string | null = null;
  for (let attempt = 0; etag === null; attempt++) {
    const current = await readLock(place);
    if (current !== null && (attempt === tries || (await holds(current)))) throw refusal(place, current.holder);
    etag = (await put(current === null ? "nothing" : { etag: current.facts.etag }))?.etag ?? null;
  }
  let renewal = Promise.resolve();
  let seen = -Infinity;
  const renew = async (): Promise<void> => {
    // A failed renewal is repeated; the check before the next write detects a lost lock.
    etag = (await put({ etag: etag! }).catch(() => null))?.etag ?? etag;
  };
  const timer = setInterval(() => (renewal = renewal.then(renew)), renewEvery);
  timer.unref();
  return {
    holder,
    check: async () => {
      const now = systemClock.now();
      if (now - seen < seenFor) return;
      const facts = await bucket.head(key);
      if (facts?.writer === holder.id) {
        seen = now;
        return;
      }
      const found = await readLock(place);
      const who =
        found === null || found.holder === null
          ? "its lock was removed"
          : `process ${found.holder.pid} on ${found.holder.host} has it now`;
      throw new RunError(
        `the run must stay locked during training - got ${place}: ${who}`,
        `another process may have written to it: check the run before continuing with zaya resume ${place}`,
      );
    },
    release: async () => {
      clearInterval(timer);
      await renewal;
      if ((await bucket.head(key))?.writer === holder.id) await bucket.delete(key);
    },
  };
}

/** Holder of a place's lock; null if it has ended or its lock has expired. */
export async function bucketHolder(place: string): Promise<LockHolder | null> {
  const found = await readLock(place);
  return found !== null && (await holds(found)) ? found.holder : null;
}

/** As `voidUnseenFolderLock`, for a place in a bucket. */
export async function voidUnseenBucketLock(place: string): Promise<void> {
  const found = await readLock(place);
  if (found === null || found.holder === null || (await invisibleHost(found.holder)) === null) return;
  const { bucket, key } = lockObject(place);
  await bucket.delete(key);
}

function lockObject(place: string): { bucket: Bucket; key: string } {
  const { bucket, prefix } = parseBucketPlace(place);
  return { bucket: new Bucket(bucket), key: `${prefix}.lock` };
}

async function readLock(place: string): Promise<FoundLock | null> {
  const { bucket, key } = lockObject(place);
  const found = await bucket.get(key);
  return found && { holder: parseHolder(new TextDecoder().decode(found.bytes)), facts: found.facts };
}

async function holds({ holder, facts }: FoundLock): Promise<boolean> {
  if (holder === null || facts.age > lease) return false;
  return isAlive(holder);
}

function refusal(place: string, holder: LockHolder | null): RunError {
  const who = holder === null ? "another process" : `process ${holder.pid} on ${holder.host}, since ${holder.since}`;
  return new RunError(
    `a folder can have only one writer - got ${who} for ${place}`,
    `wait until it ends, or stop it; if it has ended, its lock expires ${lease / 1000} s after its last renewal`,
  );
}
