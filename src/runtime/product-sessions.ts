import type { InferenceSession } from "#onnxruntime";

import type { OrtOptions } from "./onnxruntime.ts";
import { createSession, waiting } from "./ort-session.ts";

/** Sessions of ONNX Runtime that the calls of a program share where their graphs are equal: nets repeat their layers, and one call at a time runs. */
export class ProductSessions {
  private readonly sessions = new Map<string, InferenceSession>();

  constructor(private readonly options: OrtOptions) {}

  async open(bytes: Uint8Array, threads: number): Promise<InferenceSession> {
    const graph = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    const known = this.sessions.get(graph);
    if (known !== undefined) return known;
    // Each session has threads of its own: those of one must not spin while another works.
    const session = await createSession(bytes, this.options, threads, waiting(false));
    this.sessions.set(graph, session);
    return session;
  }

  async release(): Promise<void> {
    for (const session of this.sessions.values()) await session.release();
    this.sessions.clear();
  }
}
