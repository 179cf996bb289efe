import type { InferenceSession } from "#onnxruntime";

import type { OrtOptions } from "./onnxruntime.ts";
import { createSession, waiting } from "./ort-session.ts";

/** Sessions of ONNX Runtime, which calls of a program with equal graphs share: nets repeat their layers, and only one call runs at a time. */
export class ProductSessions {
  private readonly sessions = new Map<string, InferenceSession>();

  constructor(private readonly options: OrtOptions) {}

  async open(bytes: Uint8Array, threads: number): Promise<InferenceSession> {
    const graph = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    const known = this.sessions.get(graph);
    if (known !== undefined) return known;
    // Each session has its own threads, which must not spin while another session works.
    const session = await createSession(bytes, this.options, threads, waiting(false));
    this.sessions.set(graph, session);
    return session;
  }

  async release(): Promise<void> {
    for (const session of this.sessions.values()) await session.release();
    this.sessions.clear();
  }
}
