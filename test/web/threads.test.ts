import { availableParallelism } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { noBrowser, openPage } from "../browser.ts";
import { noFirefox, openFirefoxPage } from "../firefox.ts";
import { trainings } from "../kernels/trainings.js";

type Case = readonly [name: keyof typeof trainings, threads: number];

/** Every training run on 1, 2 and 4 threads: by hand, because it takes minutes. */
const all = Object.keys(trainings).flatMap((name) =>
  [1, 2, 4].map((threads): Case => [name as keyof typeof trainings, threads]),
);
const casesOf = (some: readonly Case[]) => (process.env["ZAYA_TEST_THREADS"] === "all" ? all : some);

const folder = join(import.meta.dirname, "isolated-page");

/** What both drivers of browsers have. */
interface Opened {
  readonly page: { evaluate(expression: string): Promise<unknown> };
  close(): Promise<void>;
}

/** The expected digests are those of Node (`test/kernels/same-bits.test.ts`). */
function expectBytesOfNode(open: () => Promise<Opened>, cases: readonly Case[]): void {
  let opened: Opened;

  beforeAll(async () => {
    opened = await open();
  }, 120_000);

  afterAll(() => opened?.close());

  it.each(cases)("trains a %s on %i threads to the bytes of Node", { timeout: 180_000 }, async (name, threads) => {
    expect(await opened.page.evaluate(`train(${JSON.stringify(name)}, ${threads})`)).toEqual({
      digest: trainings[name].digest,
      threads,
    });
  });
}

describe.skipIf(noBrowser !== null)(
  `the wasm engine on an isolated page of Chromium${noBrowser === null ? "" : ` (${noBrowser})`}`,
  () => {
    expectBytesOfNode(
      () => openPage(folder, { isolated: true }),
      casesOf([
        ["vae", 4],
        ["gan", 2],
        ["gan", 4],
        ["cyclegan", 4],
      ]),
    );

    it("gives trainInWorker all cores, and the bytes of one", { timeout: 180_000 }, async () => {
      const own = await openPage(join(import.meta.dirname, "pages"), { isolated: true });
      const loaded: string[] = [];
      own.page.context().on("request", (request) => loaded.push(request.url()));
      const words = ["gan", { hidden: [64, 64] }, { name: "ring8" }, { steps: trainings.gan.steps, seed: 7 }];
      const found = await own.page.evaluate(`page.train(...${JSON.stringify(words)})`);
      await own.close();
      expect(found).toMatchObject({ digest: trainings.gan.digest });
      if (availableParallelism() > 1) expect(loaded.join()).toContain("kernel-thread");
    });
  },
);

describe.skipIf(noFirefox !== null)(
  `the wasm engine on an isolated page of Firefox${noFirefox === null ? "" : ` (${noFirefox})`}`,
  () => {
    expectBytesOfNode(
      () => openFirefoxPage(folder, { isolated: true }),
      casesOf([
        ["vae", 4],
        ["gan", 1],
        ["cyclegan", 2],
      ]),
    );
  },
);
