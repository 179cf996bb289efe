import { join, resolve } from "node:path";

import { isBucket } from "./bucket.ts";
import { FolderStore } from "./folder-store.ts";
import { type LockHolder, type PlaceLock, folderHolder, lockFolder, voidUnseenFolderLock } from "./lock.ts";
import { bucketHolder, lockBucket, voidUnseenBucketLock } from "./s3-lock.ts";
import { S3Store } from "./s3-store.ts";
import type { Store } from "../base/store.ts";
import type { Causes } from "./folder-store.ts";

// A place is the location of a store as text: a folder, or s3://BUCKET/PREFIX.

/** A place inside another one. */
export function placeIn(place: string, ...parts: string[]): string {
  return isBucket(place) ? [place.replace(/\/+$/, ""), ...parts].join("/") : join(place, ...parts);
}

/** Makes a place absolute. */
export function absolutePlace(place: string): string {
  return isBucket(place) ? place : resolve(place);
}

/** The store at a place. @param guard For the only writer of the place: called before each change; throws once this process may no longer write there. */
export function openStore(place: string, guard?: () => Promise<void>): Store {
  return isBucket(place) ? new S3Store(place, guard) : new FolderStore(place, guard);
}

/** Makes this process the only writer of a place. @throws RunError naming the process that already is. */
export function lockPlace(place: string, causes?: Causes): Promise<PlaceLock> {
  return isBucket(place) ? lockBucket(place) : lockFolder(place, causes);
}

/** The process that holds the lock of a place; null if there is none. */
export function lockHolder(place: string): Promise<LockHolder | null> {
  return isBucket(place) ? bucketHolder(place) : folderHolder(place);
}

/** Removes the lock of a process on another machine that is known to have lost its right to the place. */
export function voidUnseenLock(place: string): Promise<void> {
  return isBucket(place) ? voidUnseenBucketLock(place) : voidUnseenFolderLock(place);
}
