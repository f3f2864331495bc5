import type { Bytes } from '@raft/wire';

/** The body of a request, or why there is none. */
export type Body = { readonly type: 'whole'; readonly bytes: Bytes } | { readonly type: 'tooLarge' } | { readonly type: 'broken' };

/** Reads a body and never holds more than maxBytes of it and one chunk, whatever the headers say. */
export async function readBody(request: Request, maxBytes: number): Promise<Body> {
  const length = request.headers.get('content-length');
  if (length !== null && Number(length) > maxBytes) return { type: 'tooLarge' };
  try {
    // With a length the HTTP parser takes no more than that; without one and not chunked there is no body.
    if (length !== null || request.headers.get('transfer-encoding') === null)
      return { type: 'whole', bytes: new Uint8Array(await request.arrayBuffer()) };
    return await readChunked(request, maxBytes);
  } catch {
    return { type: 'broken' };
  }
}

async function readChunked(request: Request, maxBytes: number): Promise<Body> {
  if (request.body === null) return { type: 'whole', bytes: new Uint8Array(0) };
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    // The rest is left unread; the server ends the connection.
    if (size > maxBytes) return { type: 'tooLarge' };
    parts.push(value);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return { type: 'whole', bytes };
}
