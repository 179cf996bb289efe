/** Slots of fields in the tables of Arrow's schema. */
const slots = { messageHeader: 2, schemaFields: 1, fieldType: 2 } as const;
const durationType = 18;
/** Prefix of a message, before its length. */
const continuation = 0xff_ff_ff_ff;

/**
 * Which columns of a Parquet file are durations, according to Arrow's schema in its metadata; the file itself stores
 * them as integers. Empty if there is no such schema, or it cannot be read.
 * @param encoded The value of `ARROW:schema` in the file's metadata, in base64.
 * @source Apache Arrow, format/Message.fbs and format/Schema.fbs; the layout of FlatBuffers.
 */
export function durationsIn(encoded: string | undefined): readonly boolean[] {
  if (encoded === undefined) return [];
  try {
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    const start = view.getUint32(0, true) === continuation ? 8 : 4;
    const tables = new Tables(view);
    const schema = tables.table(tables.table(start, null), slots.messageHeader);
    return tables.vector(schema, slots.schemaFields).map((field) => {
      const type = tables.field(field, slots.fieldType);
      return type !== null && view.getUint8(type) === durationType;
    });
  } catch (error) {
    // The text is truncated, or not base64.
    if (error instanceof RangeError || error instanceof DOMException) return [];
    throw error;
  }
}

/** Tables of a FlatBuffer, by offset. */
class Tables {
  constructor(private readonly view: DataView) {}

  /** Offset of a field of a table; null if it has its default value. */
  field(table: number, slot: number): number | null {
    const layout = table - this.view.getInt32(table, true);
    const at = 4 + 2 * slot;
    const offset = at < this.view.getUint16(layout, true) ? this.view.getUint16(layout + at, true) : 0;
    return offset === 0 ? null : table + offset;
  }

  /** The table that a field refers to; without a slot, the table that the offset itself refers to. @throws RangeError if there is none. */
  table(at: number, slot: number | null): number {
    const place = slot === null ? at : this.field(at, slot);
    if (place === null) throw new RangeError("no such table");
    return place + this.view.getUint32(place, true);
  }

  /** The tables in a vector of tables. */
  vector(table: number, slot: number): readonly number[] {
    const start = this.table(table, slot);
    const count = this.view.getUint32(start, true);
    if (4 * count > this.view.byteLength) throw new RangeError("a vector longer than the schema");
    return Array.from({ length: count }, (_, i) => this.table(start + 4 + 4 * i, null));
  }
}
