import type { IncomingMessage } from 'node:http';
import type { Bytes } from '@raft/wire';

/** The body of a request, or why there is none: `broken` when the client went away in the midst of it. */
export type Body = { readonly type: 'whole'; readonly bytes: Bytes } | { readonly type: 'tooLarge' } | { readonly type: 'broken' };

/** Reads a body and never holds more than maxBytes of it and one chunk, whatever the headers say. */
export function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Body> {
  if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) return Promise.resolve({ type: 'tooLarge' });
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let size = 0;
    incoming.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= maxBytes) {
        parts.push(part);
        return;
      }
      parts.length = 0;
      resolve({ type: 'tooLarge' });
    });
    incoming.on('end', () => resolve({ type: 'whole', bytes: new Uint8Array(Buffer.concat(parts)) }));
    incoming.on('close', () => resolve({ type: 'broken' }));
  });
}

/** Reads on what is left of a request that was answered, so that the client gets to read the answer; ends the connection beyond maxBytes. */
export function discardRest(incoming: IncomingMessage, maxBytes: number): void {
  let size = 0;
  incoming.on('data', (part: Buffer) => {
    size += part.length;
    if (size > maxBytes) incoming.destroy();
  });
}
