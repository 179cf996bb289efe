import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { afterAll, beforeAll, expect, it } from "vitest";

import { describeOptions } from "../../src/base/options.ts";
import { distances } from "../../src/distances/index.ts";
import { metrics } from "../../src/metrics/index.ts";
import { models } from "../../src/models/index.ts";
import { openDataOptions, openItemsOptions, trainOptions } from "../../src/run/index.ts";

// What an editor shows at each option of a call, asked of the compiler's own language server.

const root = join(import.meta.dirname, "../..");
const file = pathToFileURL(join(root, "test/types/calls.ts")).href;

type Schema = Parameters<typeof describeOptions>[0];

/** `wgan-gp` -> `wganGp` */
const camel = (name: string) => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** A call for each option: how it is written, with `OPTION` in its place, and the schema that declares it. */
const calls: readonly (readonly [call: string, schema: Schema])[] = [
  ...models.map(({ name, options }) => [`models.${camel(name)}({ OPTION })`, options] as const),
  ...metrics.map(({ name, options }) => [`measure(metrics.${camel(name)}, { OPTION })`, options] as const),
  ...distances.map(
    ({ name, options }) => [`distances.${camel(name)}.measure(a, a, { OPTION }, context)`, options] as const,
  ),
  ["train(undefined!, undefined!, { OPTION })", trainOptions],
  ['images("photos", { OPTION })', openDataOptions],
  ['openItems("photos", { OPTION })', openItemsOptions],
];

const asked = calls.flatMap(([call, schema]) =>
  describeOptions(schema).map(({ name, doc, initial }) => ({
    line: `void ${call.replace("OPTION", `${name}: undefined!`)};`,
    name,
    doc,
    initial,
  })),
);

const header = [
  'import * as distances from "../../src/distances/index.ts";',
  'import { evaluator } from "../../src/evaluation/index.ts";',
  'import * as metrics from "../../src/metrics/index.ts";',
  'import * as models from "../../src/models/index.ts";',
  'import { images, openItems } from "../../src/node/index.ts";',
  'import { train } from "../../src/train/index.ts";',
  "const measure = evaluator(undefined!);",
  "const a: distances.Side = undefined!;",
  "const context: distances.DistanceContext = undefined!;",
];

let server: ChildProcess;
let answered: Buffer = Buffer.alloc(0);
const waiting = new Map<number, (result: unknown) => void>();

beforeAll(async () => {
  server = spawn(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--lsp", "--stdio"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  server.stdout!.on("data", read);
  await ask("initialize", { processId: process.pid, rootUri: pathToFileURL(root).href, capabilities: {} });
  send({ method: "initialized", params: {} });
  const text = [...header, ...asked.map(({ line }) => line)].join("\n");
  send({
    method: "textDocument/didOpen",
    params: { textDocument: { uri: file, languageId: "typescript", version: 1, text } },
  });
});

afterAll(() => {
  server.kill();
});

function send(message: object): void {
  const body = JSON.stringify({ jsonrpc: "2.0", ...message });
  server.stdin!.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function ask(method: string, params: object): Promise<unknown> {
  const id = waiting.size + 1;
  const answer = new Promise((resolve) => waiting.set(id, resolve));
  send({ id, method, params });
  return answer;
}

function read(bytes: Buffer): void {
  answered = Buffer.concat([answered, bytes]);
  for (;;) {
    const body = answered.indexOf("\r\n\r\n") + 4;
    const length = Number(/Content-Length: (\d+)/.exec(answered.subarray(0, body).toString())?.[1]);
    if (body < 4 || answered.length < body + length) return;
    const message = JSON.parse(answered.subarray(body, body + length).toString());
    answered = answered.subarray(body + length);
    // What the server asks for itself, settings of an editor, there are none of.
    if (message.method !== undefined && message.id !== undefined) send({ id: message.id, result: null });
    else if (message.method === undefined) waiting.get(message.id)?.(message.result);
  }
}

it("shows the help of the flag and the default at every option", async () => {
  expect(asked.length).toBeGreaterThan(200);
  for (const [i, { line, name, doc, initial }] of asked.entries()) {
    const position = { line: header.length + i, character: line.lastIndexOf(`${name}: `) };
    const result = (await ask("textDocument/hover", { textDocument: { uri: file }, position })) as {
      readonly contents: { readonly value: string };
    };
    const shown = result.contents.value;
    expect(shown, line).toContain(doc.slice(1));
    if (initial !== undefined) expect(shown, line).toContain(String(JSON.stringify(initial)).slice(0, 20));
  }
});
