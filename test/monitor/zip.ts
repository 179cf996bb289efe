import { crc32, deflateRawSync } from "node:zlib";

/** An entry of a zip file, which may lie about itself. */
export interface Packed {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Size that the directory claims, in place of the true one. */
  readonly claimed?: number;
  readonly encrypted?: boolean;
  readonly method?: number;
}

/** A zip file, deflated unless an entry says otherwise. @source APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16. */
export function zipOf(entries: readonly Packed[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes, claimed = bytes.length, encrypted = false, method = 8 } of entries) {
    const packed = method === 8 ? deflateRawSync(bytes) : Buffer.from(bytes);
    const path = Buffer.from(name);
    // Flags, method, time, date, checksum, both sizes and the length of the name: the same in both headers.
    const facts = Buffer.alloc(24);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(0x800 | (encrypted ? 1 : 0), 2);
    facts.writeUInt16LE(method, 4);
    facts.writeUInt16LE(0x21, 8);
    facts.writeUInt32LE(crc32(bytes), 10);
    facts.writeUInt32LE(packed.length, 14);
    facts.writeUInt32LE(claimed, 18);
    facts.writeUInt16LE(path.length, 22);
    locals.push(Buffer.concat([Buffer.from("PK\u0003\u0004"), facts, Buffer.alloc(2), path, packed]));
    const rest = Buffer.alloc(16);
    rest.writeUInt32LE(offset, 12);
    directory.push(Buffer.concat([Buffer.from("PK\u0001\u0002\u0014\u0000"), facts, rest, path]));
    offset += locals.at(-1)!.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, listed, Buffer.from("PK\u0005\u0006"), end]);
}
