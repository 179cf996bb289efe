// An S3-compatible server in memory, of what zaya asks of one: PUT, GET with ranges, HEAD, DELETE, ListObjectsV2, If-None-Match and
// If-Match, with faults on purpose. It refuses bodies that are cut or do not have the digest that they were signed with, as S3 does.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

const pageSize = 1000;

export class S3Server {
  /** @param {readonly string[]} buckets */
  constructor(buckets) {
    this.buckets = new Map(buckets.map((name) => [name, new Map()]));
    this.counts = {};
    this.bytes = { received: 0, sent: 0 };
    this.faultOf = () => null;
    this.connections = new Set();
    this.server = createServer((request, response) => {
      this.answer(request, response).catch(() => response.destroy());
    });
    this.server.on("connection", (socket) => {
      this.connections.add(socket);
      socket.on("close", () => this.connections.delete(socket));
    });
  }

  static async start(...buckets) {
    const server = new S3Server(buckets);
    await server.listen(0);
    return server;
  }

  async listen(port) {
    this.server.listen(port, "127.0.0.1");
    await once(this.server, "listening");
    this.port = this.server.address().port;
  }

  get environment() {
    return {
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${this.port}`,
      AWS_ACCESS_KEY_ID: "zaya",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_EC2_METADATA_DISABLED: "true",
    };
  }

  async close() {
    if (!this.server.listening) return;
    const closed = once(this.server, "close");
    this.server.close();
    for (const socket of this.connections) socket.destroy();
    await closed;
  }

  objects(bucket) {
    return this.buckets.get(bucket);
  }

  async answer(request, response) {
    const url = new URL(request.url, "http://s3");
    const [, bucket, ...rest] = url.pathname.split("/").map(decodeURIComponent);
    const key = rest.join("/");
    const what = request.method === "GET" && key === "" ? "LIST" : request.method;
    this.counts[what] = (this.counts[what] ?? 0) + 1;
    const fault = this.faultOf(what, key);
    const body = [];
    if (fault === "reset") {
      request.once("data", () => request.socket.destroy());
      request.once("end", () => request.socket.destroy());
      return;
    }
    for await (const chunk of request) body.push(chunk);
    const bytes = Buffer.concat(body);
    this.bytes.received += bytes.length;
    const refuse = (status, code) => {
      const text = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;
      response.writeHead(status, { "content-type": "application/xml", "content-length": text.length });
      response.end(request.method === "HEAD" ? "" : text);
    };
    if (fault === "500") return refuse(500, "InternalError");
    if (fault === "503") return refuse(503, "SlowDown");
    if (!String(request.headers.authorization).includes("Credential=zaya/")) return refuse(403, "InvalidAccessKeyId");
    if (bucket === "forbidden") return refuse(403, "AccessDenied");
    const objects = this.buckets.get(bucket);
    if (objects === undefined) return refuse(404, "NoSuchBucket");
    const object = objects.get(key);
    if (what === "PUT") {
      const { "content-length": length, "x-amz-content-sha256": sha256 } = request.headers;
      const signed = createHash("sha256").update(bytes).digest("hex");
      if (Number(length) !== bytes.length) return refuse(400, "IncompleteBody");
      if (sha256 !== "UNSIGNED-PAYLOAD" && sha256 !== signed) return refuse(400, "XAmzContentSHA256Mismatch");
      const { "if-none-match": none, "if-match": match } = request.headers;
      if (!this.ignoresConditions) {
        if (none === "*" && object !== undefined) return refuse(412, "PreconditionFailed");
        if (match !== undefined && object === undefined) return refuse(404, "NoSuchKey");
        if (match !== undefined && object.etag !== match) return refuse(412, "PreconditionFailed");
      }
      const etag = `"${createHash("md5").update(bytes).digest("hex")}"`;
      const metadata = Object.entries(request.headers).filter(([name]) => name.startsWith("x-amz-meta-"));
      objects.set(key, { bytes, etag, metadata, modified: new Date() });
      if (fault === "lost") return request.socket.destroy();
      response.writeHead(200, { etag, "content-length": 0 });
      response.end();
      return;
    }
    if (what === "DELETE") {
      objects.delete(key);
      if (fault === "lost") return request.socket.destroy();
      response.writeHead(204);
      response.end();
      return;
    }
    if (what === "LIST") return this.list(objects, url.searchParams, response);
    if (object === undefined) return refuse(404, request.method === "HEAD" ? "NotFound" : "NoSuchKey");
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const content = from === undefined ? object.bytes : object.bytes.subarray(Number(from), Number(to) + 1);
    response.writeHead(from === undefined ? 200 : 206, {
      etag: object.etag,
      "content-length": content.length,
      "last-modified": new Date(object.modified.getTime() - (this.aged ?? 0)).toUTCString(),
      ...Object.fromEntries(object.metadata),
    });
    if (what === "HEAD") return response.end();
    if (fault === "cut") {
      response.write(content.subarray(0, content.length >> 1));
      setTimeout(() => request.socket.destroy(), 5);
      return;
    }
    this.bytes.sent += content.length;
    response.end(content);
  }

  list(objects, parameters, response) {
    const prefix = parameters.get("prefix") ?? "";
    const after = parameters.get("continuation-token") ?? "";
    const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted();
    const size = Math.min(pageSize, Number(parameters.get("max-keys") ?? pageSize));
    const page = keys.slice(0, size);
    const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    const contents = page.map(
      (key) => `<Contents><Key>${escaped(key)}</Key><Size>${objects.get(key).bytes.length}</Size></Contents>`,
    );
    const isCut = page.length < keys.length;
    const token = isCut ? `<NextContinuationToken>${escaped(page.at(-1))}</NextContinuationToken>` : "";
    const text = `<?xml version="1.0"?><ListBucketResult><IsTruncated>${isCut}</IsTruncated>${token}${contents.join("")}</ListBucketResult>`;
    response.writeHead(200, { "content-type": "application/xml", "content-length": Buffer.byteLength(text) });
    response.end(text);
  }
}
