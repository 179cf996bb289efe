import type { FileMetaData, SchemaElement, SchemaTree } from "hyparquet";

import { durationsIn } from "./arrow-schema.ts";
import { holdsRowNumbers } from "./column-names.ts";

/** A column in a file's schema. Names need not be unique: a column is identified by its index. */
export interface Column {
  readonly place: number;
  readonly name: string;
  readonly holds: "numbers" | "whole numbers" | "decimals" | "booleans" | "text" | "images" | "something else";
  /** Kind of its content, for messages. */
  readonly kind: string;
}

/** Columns in the order of the file, and those that tools add for their own use. */
export interface Columns {
  readonly all: readonly Column[];
  /** Indices of the columns in which pandas stores its row index. */
  readonly bookkeeping: readonly number[];
}

export function columnsOf(schema: SchemaTree, { key_value_metadata: words }: FileMetaData): Columns {
  const word = (name: string): string | undefined => words?.find(({ key }) => key === name)?.value;
  const durations = durationsIn(word("ARROW:schema"));
  const all = schema.children.map((tree, place): Column => {
    const { name } = tree.element;
    // If Arrow's schema has a different number of columns, it is not that of this file.
    const isDuration = durations.length === schema.children.length && durations[place]!;
    return isDuration
      ? { place, name, holds: "something else", kind: "duration" }
      : { place, name, holds: holdsOf(tree), kind: kindOf(tree) };
  });
  const index = new Set(pandasIndex(word("pandas")));
  const names = all.map(({ name }) => name);
  const kept = [...index].map((name) => names.lastIndexOf(name)).filter((place) => place >= 0);
  const named = all.filter(({ name }) => holdsRowNumbers(name)).map(({ place }) => place);
  return { all, bookkeeping: [...new Set([...kept, ...named])] };
}

/** Names of the columns that store the index of a DataFrame; a plain range index is not stored in a column. */
function pandasIndex(text: string | undefined): string[] {
  if (text === undefined) return [];
  try {
    const { index_columns: index } = JSON.parse(text) as { index_columns?: unknown };
    return Array.isArray(index) ? index.filter((name) => typeof name === "string") : [];
  } catch {
    return [];
  }
}

function holdsOf(tree: SchemaTree): Column["holds"] {
  if (holdsBytes(tree)) return "images";
  const { element, children } = tree;
  // An old-style list: a repeated value without a group.
  if (children.length > 0 || element.repetition_type === "REPEATED") return "something else";
  if (isWhole(element)) return "whole numbers";
  if (element.type === "BOOLEAN") return "booleans";
  if (element.converted_type === "DECIMAL") return "decimals";
  if (element.type === "FLOAT" || element.type === "DOUBLE" || isHalf(element)) return "numbers";
  return isText(element) ? "text" : "something else";
}

function isHalf({ type, logical_type: meaning }: SchemaElement): boolean {
  return type === "FIXED_LEN_BYTE_ARRAY" && meaning?.type === "FLOAT16";
}

/** Integers of up to 64 bits, which also store dates, times and decimals. */
function isWhole({ type, converted_type: old, logical_type: meaning }: SchemaElement): boolean {
  const isInteger = meaning === undefined ? old === undefined || /^U?INT_/.test(old) : meaning.type === "INTEGER";
  return (type === "INT32" || type === "INT64") && isInteger;
}

function isText({ converted_type: old, logical_type: meaning }: SchemaElement): boolean {
  return old === "UTF8" || old === "ENUM" || meaning?.type === "STRING" || meaning?.type === "ENUM";
}

/** Bytes that are not text, or a struct that contains them. */
function holdsBytes({ element, children }: SchemaTree): boolean {
  if (children.length > 0) return children.some((child) => child.element.name === "bytes" && holdsBytes(child));
  return (
    element.type === "BYTE_ARRAY" &&
    !isText(element) &&
    element.converted_type === undefined &&
    element.logical_type === undefined
  );
}

function kindOf({ element, children }: SchemaTree): string {
  if (children.length > 0) return element.converted_type === "LIST" ? "lists" : "nested fields";
  if (element.repetition_type === "REPEATED") return "lists";
  const type = element.type === "INT96" ? "timestamp" : element.type;
  return (element.logical_type?.type ?? element.converted_type ?? type ?? "nothing").toLowerCase();
}
