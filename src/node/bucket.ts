import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import type { S3Client, S3ServiceException } from "@aws-sdk/client-s3";

import { EngineError, OptionError, RunError, ZayaError } from "../base/errors.ts";

/** Metadata of an object. */
export interface ObjectFacts {
  readonly size: number;
  readonly etag: string;
  /** Id of the request that wrote it, which distinguishes this process's writes from others. */
  readonly writer: string | null;
  /** Whether pieces were appended to it. */
  readonly appended: boolean;
  /** Milliseconds since it was written, by the server's own clock. */
  readonly age: number;
}

/** Options of a write. */
interface PutSettings {
  /** Precondition: no object exists, or its ETag is this one. */
  readonly if?: "nothing" | { readonly etag: string };
  readonly writer?: string;
  readonly appended?: boolean;
}

/** The location of a store in a bucket, as `s3://BUCKET/PREFIX`. */
export interface BucketPlace {
  readonly bucket: string;
  /** Empty, or ends with "/". */
  readonly prefix: string;
}

/** Whether a location is in a bucket rather than a folder. */
export function isBucket(place: string): boolean {
  return place.startsWith("s3://");
}

/** @throws OptionError for an invalid bucket location. */
export function parseBucketPlace(place: string): BucketPlace {
  const [, bucket, rest = ""] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(place) ?? [];
  const parts = rest.split("/").filter((part) => part !== "");
  if (bucket === undefined || parts.some((part) => part.startsWith("."))) {
    throw new OptionError(
      `a location in a bucket must be s3://BUCKET/PREFIX - got ${place}`,
      "a bucket's name consists of 3 to 63 lower-case letters, digits, . and -; no part of the prefix starts with a dot",
    );
  }
  return { bucket, prefix: parts.map((part) => `${part}/`).join("") };
}

type Sdk = typeof import("@aws-sdk/client-s3");

/** Attempts per request, with increasing pauses: about 10 s in all if the server asks to slow down. */
const attempts = 6;

/** Timeouts for establishing a connection and for an idle one, in milliseconds. Without them, requests on a lost connection would never end. */
const [connectionTimeout, socketTimeout] = [5000, 60_000];

interface Connection {
  readonly sdk: Sdk;
  readonly client: S3Client;
  /** Names of buckets known to exist. */
  readonly found: Set<string>;
}

let connected: Promise<Connection> | null = null;

/**
 * The client of this process. Credentials, region and endpoint are those of the AWS SDK: AWS_ACCESS_KEY_ID, AWS_REGION,
 * AWS_ENDPOINT_URL and so on, or a profile.
 */
function connect(): Promise<Connection> {
  connected ??= (async () => {
    let sdk: Sdk;
    try {
      sdk = await import("@aws-sdk/client-s3");
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const what = code === "ERR_MODULE_NOT_FOUND" ? "it is not installed" : message.split("\n")[0]!;
      throw new EngineError(`s3:// needs the package @aws-sdk/client-s3 - ${what}`, "npm install @aws-sdk/client-s3");
    }
    const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
    const isOwn = (AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL) !== undefined;
    const region = AWS_REGION ?? AWS_DEFAULT_REGION;
    const client = new sdk.S3Client({
      maxAttempts: attempts,
      requestHandler: { connectionTimeout, socketTimeout },
      // Self-hosted servers rarely have regions or a host name per bucket.
      ...(isOwn && { forcePathStyle: true }),
      ...(region === undefined && isOwn && { region: "us-east-1" }),
    });
    client.middlewareStack.add(
      (next) => async (request) => {
        const result = await next(request);
        const { headers } = result.response as { headers: Readonly<Record<string, string>> };
        Object.assign(result.output!, { date: Date.parse(headers["date"] ?? "") });
        return result;
      },
      { step: "deserialize", priority: "high", name: "dateOfServer" },
    );
    return { sdk, client, found: new Set() };
  })();
  return connected;
}

/**
 * The objects of a bucket. Each write is atomic; one whose response was lost counts as done.
 * @throws RunError naming the object, with what to do.
 */
export class Bucket {
  constructor(readonly name: string) {}

  /** Metadata of an object; null if there is none. */
  async head(key: string): Promise<ObjectFacts | null> {
    return this.asking("look for", key, async ({ sdk, client }) => {
      const response = await client.send(new sdk.HeadObjectCommand({ Bucket: this.name, Key: key }));
      return factsOf(response);
    });
  }

  /**
   * The complete content of an object: a connection that closes early is reopened.
   * @param range Byte range, end exclusive; the whole object if omitted.
   */
  async get(
    key: string,
    range?: readonly [from: number, to: number],
  ): Promise<{ readonly bytes: Uint8Array; readonly facts: ObjectFacts } | null> {
    return this.asking("read", key, async ({ sdk, client }) => {
      const Range = range === undefined ? undefined : `bytes=${range[0]}-${range[1] - 1}`;
      for (let attempt = 1; ; attempt++) {
        const response = await client.send(new sdk.GetObjectCommand({ Bucket: this.name, Key: key, Range }));
        try {
          const bytes = await response.Body!.transformToByteArray();
          if (bytes.length !== response.ContentLength) throw new Error(`only ${bytes.length} of its bytes arrived`);
          return { bytes, facts: factsOf(response) };
        } catch (error) {
          // The SDK retries requests, but not reads of a response that has started.
          if (attempt === attempts) throw error;
          await sleep(pauseBefore(attempt));
        }
      }
    });
  }

  /**
   * Writes an object.
   * @returns Its metadata; null if the precondition failed.
   */
  async put(key: string, bytes: Uint8Array, settings: PutSettings = {}): Promise<{ etag: string } | null> {
    const { writer = randomUUID(), appended = false, if: condition } = settings;
    return this.asking("write", key, async ({ sdk, client }) => {
      try {
        const { ETag } = await client.send(
          new sdk.PutObjectCommand({
            Bucket: this.name,
            Key: key,
            Body: bytes,
            ContentLength: bytes.length,
            Metadata: { "zaya-writer": writer, ...(appended && { "zaya-appended": "1" }) },
            ...(condition === "nothing" && { IfNoneMatch: "*" }),
            ...(typeof condition === "object" && { IfMatch: condition.etag }),
          }),
        );
        return { etag: ETag! };
      } catch (error) {
        if (!isRefusedCondition(error) || condition === undefined) throw error;
        // After concurrent requests, or one whose response was lost, the object's metadata says which request wrote it.
        const found = await this.head(key);
        return found?.writer === writer ? { etag: found.etag } : null;
      }
    });
  }

  async delete(key: string): Promise<void> {
    await this.asking("remove", key, async ({ sdk, client }) => {
      await client.send(new sdk.DeleteObjectCommand({ Bucket: this.name, Key: key }));
    });
  }

  /** Keys and sizes of all objects whose key starts with a prefix. */
  async list(prefix: string): Promise<readonly { readonly key: string; readonly size: number }[]> {
    const found: { key: string; size: number }[] = [];
    await this.asking("list", prefix, async ({ sdk, client }) => {
      let ContinuationToken: string | undefined;
      do {
        const page = await client.send(
          new sdk.ListObjectsV2Command({ Bucket: this.name, Prefix: prefix, ContinuationToken }),
        );
        for (const { Key, Size } of page.Contents ?? []) found.push({ key: Key!, size: Size! });
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
    });
    return found;
  }

  private async asking<T>(
    what: string,
    key: string,
    body: (connection: { sdk: Sdk; client: S3Client }) => Promise<T>,
  ): Promise<T | null> {
    const connection = await connect();
    try {
      return await body(connection);
    } catch (error) {
      if (error instanceof ZayaError) throw error;
      const { name, $metadata } = error as S3ServiceException;
      const isMissing = name === "NoSuchKey" || (name === "NotFound" && what === "look for");
      if (isMissing && $metadata?.httpStatusCode === 404) {
        // The response to HEAD has no body that could say what is missing.
        if (what === "look for") await this.requireBucket(connection);
        return null;
      }
      // Without a body, the response does not say why a request is forbidden either.
      if (what === "look for" && $metadata?.httpStatusCode === 403) await this.requireBucket(connection);
      throw this.inWords(what, key, error as Error);
    }
  }

  private async requireBucket({ sdk, client, found }: Connection): Promise<void> {
    if (found.has(this.name)) return;
    try {
      await client.send(new sdk.ListObjectsV2Command({ Bucket: this.name, MaxKeys: 1 }));
      found.add(this.name);
    } catch (error) {
      throw this.inWords("list", "", error as Error);
    }
  }

  private inWords(what: string, key: string, error: Error): RunError {
    const place = `s3://${this.name}/${key}`;
    const { $metadata, code, errors } = error as Partial<S3ServiceException> & NodeJS.ErrnoException & AggregateError;
    const status = $metadata?.httpStatusCode;
    const got = code ?? (errors?.[0] as NodeJS.ErrnoException | undefined)?.code ?? error.name;
    const [, rule, hint] = causes.find(([pattern]) => pattern.test(`${error.name} ${got} ${status}`)) ?? [
      null,
      "the store must answer",
      error.message.split("\n")[0]!,
    ];
    const shown = got === "Error" || got === "Unknown" || got === "UnknownError" ? `status ${status}` : got;
    return new RunError(`cannot ${what}: ${rule} - got ${shown} for ${place}`, hint);
  }
}

function pauseBefore(attempt: number): number {
  return Math.min(5000, 50 * 2 ** attempt);
}

function factsOf(response: {
  ContentLength?: number | undefined;
  ETag?: string | undefined;
  Metadata?: Record<string, string> | undefined;
  LastModified?: Date | undefined;
}): ObjectFacts {
  const { ContentLength, ETag, Metadata, LastModified } = response;
  const { date = Number.NaN } = response as { date?: number };
  return {
    size: ContentLength!,
    etag: ETag!,
    writer: Metadata?.["zaya-writer"] ?? null,
    appended: Metadata?.["zaya-appended"] === "1",
    age: Math.max(0, (Number.isNaN(date) ? Date.now() : date) - LastModified!.getTime()),
  };
}

/** 412, or 409 for concurrent conditional requests. */
function isRefusedCondition(error: unknown): boolean {
  const { name, $metadata } = error as S3ServiceException;
  return name === "PreconditionFailed" || $metadata?.httpStatusCode === 412 || name === "ConditionalRequestConflict";
}

/** Explanations of the errors of servers and connections, by name. */
const causes: readonly [pattern: RegExp, rule: string, hint: string][] = [
  [/NoSuchBucket/, "the bucket must exist", "check its name, or create it: zaya creates no buckets"],
  [
    /CredentialsProviderError/,
    "credentials must be set",
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
  ],
  [
    /InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken/,
    "the credentials must be valid",
    "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or log in again",
  ],
  [/RequestTimeTooSkewed/, "the clock must be within 15 minutes of the store's", "set the clock of this machine"],
  [
    /AccessDenied|Forbidden|\b403$/,
    "access to the bucket must be allowed",
    "the credentials must permit s3:GetObject, PutObject, DeleteObject and ListBucket",
  ],
  [
    /PermanentRedirect|AuthorizationHeaderMalformed|\b301$/,
    "the region must be the bucket's",
    "set AWS_REGION to the bucket's region",
  ],
  [
    /NotImplemented/,
    "the store must support conditional writes",
    "use a server that does, such as Amazon S3 (docs/scale.md)",
  ],
  [
    /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|TimeoutError/,
    "the store must answer",
    "check AWS_ENDPOINT_URL and the network",
  ],
  [
    /SlowDown|ServiceUnavailable|InternalError|ECONNRESET|EPIPE|aborted/,
    `the store must answer within ${attempts} attempts`,
    "try again later; what has been saved is intact",
  ],
];
