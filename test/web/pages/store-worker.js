// A store in a Worker, of which a test calls the methods; bytes cross as text.
import { OptionError } from "zaya";
import { OpfsStore } from "zaya/web";

function toText(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

const toBytes = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));

const stores = new Map();

async function call(store, method, name, argument) {
  if (!stores.has(store)) stores.set(store, OpfsStore.open(store));
  const own = await stores.get(store);
  if (method === "chunks") {
    const pieces = [];
    for await (const piece of own.chunks(name)) pieces.push(toText(piece));
    return pieces;
  }
  const value = await own[method](name, typeof argument === "string" ? toBytes(argument) : argument);
  return value instanceof Uint8Array ? toText(value) : (value ?? null);
}

addEventListener("message", ({ data: [id, ...words] }) =>
  call(...words).then(
    (value) => postMessage({ id, value }),
    (error) => postMessage({ id, error: error.message, isOption: error instanceof OptionError }),
  ),
);
