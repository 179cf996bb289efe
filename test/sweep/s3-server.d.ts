/** What a request meets: an error of the server, a connection that ends before, in the middle of or after it. */
export type S3Fault = "500" | "503" | "reset" | "cut" | "lost" | null;

export interface S3Object {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** An S3-compatible server in memory, with faults on purpose. The bucket `forbidden` is nobody's. */
export class S3Server {
  static start(...buckets: string[]): Promise<S3Server>;
  /** Requests so far by kind: PUT, GET, HEAD, DELETE, LIST. */
  readonly counts: Record<string, number>;
  readonly bytes: { received: number; sent: number };
  readonly port: number;
  /** Environment by which the AWS SDK finds it. */
  readonly environment: Record<string, string>;
  faultOf: (what: string, key: string) => S3Fault;
  /** Whether it takes conditional writes for plain ones, as some servers do. */
  ignoresConditions?: boolean;
  /** Milliseconds by which objects are older than they are. */
  aged?: number;
  listen(port: number): Promise<void>;
  objects(bucket: string): Map<string, S3Object>;
  close(): Promise<void>;
}
