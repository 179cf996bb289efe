import { expect, it } from "vitest";

import { sourceTitle } from "../../src/run/index.ts";

it("titles name data without their parent folders", () => {
  expect(sourceTitle({ spec: "/home/someone/photos/" })).toBe("photos");
  expect(sourceTitle({ spec: "mnist" })).toBe("mnist");
  expect(sourceTitle({ spec: "/a/drawings", second: "C:\\a\\photos", domain: "A" })).toBe("drawings and photos, A");
  expect(sourceTitle({ spec: "/" })).toBe("/");
});
