/**
 * A file of the site, decompressed where its name says that it is compressed.
 * @throws Error where it cannot be fetched.
 */
export async function fetched(address: URL): Promise<Uint8Array> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address.pathname} could not be fetched - got status ${response.status}`);
  const isZipped = address.pathname.endsWith(".gz") && response.headers.get("content-encoding") === null;
  const body = isZipped ? response.body!.pipeThrough(new DecompressionStream("gzip")) : response.body!;
  return new Uint8Array(await new Response(body).arrayBuffer());
}
