import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** SHA-256 of bytes that arrive in chunks. The platform's implementation is asynchronous and needs all bytes at once. */
export class Sha256 {
  constructor(private readonly hash = sha256.create()) {}

  update(bytes: Uint8Array): this {
    this.hash.update(bytes);
    return this;
  }

  /** A copy with the same state. */
  clone(): Sha256 {
    return new Sha256(this.hash.clone());
  }

  /** 64 hexadecimal characters. The object cannot be used afterwards. */
  hex(): string {
    return bytesToHex(this.hash.digest());
  }
}
