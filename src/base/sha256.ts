import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** SHA-256 of bytes given in pieces, in hexadecimal. The platform's own is asynchronous and wants all bytes at once. */
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

  /** 64 characters. Ends the use of this object. */
  hex(): string {
    return bytesToHex(this.hash.digest());
  }
}
