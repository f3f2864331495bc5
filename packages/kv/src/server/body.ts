import type { IncomingMessage } from 'node:http';
import type { Bytes } from '@raft/wire';
import type { ByteBudget } from './byte-budget.ts';

/**
 * The body of a request, or why there is none: `broken` when the client went away in the midst of it, `overloaded` when
 * the budget has no room for it. A body that is whole is part of the budget until the caller gives its bytes back.
 */
export type Body =
  | { readonly type: 'whole'; readonly bytes: Bytes }
  | { readonly type: 'tooLarge' }
  | { readonly type: 'overloaded' }
  | { readonly type: 'broken' };

/** Within what a body is read. */
export interface BodyLimits {
  readonly maxBytes: number;
  readonly budget: ByteBudget;
}

/** Reads a body and never holds more than maxBytes of it and one chunk, whatever the headers say. */
export function readBody(incoming: IncomingMessage, { maxBytes, budget }: BodyLimits): Promise<Body> {
  const announced = Number(incoming.headers['content-length'] ?? 0);
  if (announced > maxBytes) return Promise.resolve({ type: 'tooLarge' });
  // Asked, not taken: who announces much and sends nothing keeps nobody out.
  if (announced > budget.left) return Promise.resolve({ type: 'overloaded' });
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let size = 0;
    let settled = false;
    const giveUp = (type: 'tooLarge' | 'overloaded' | 'broken'): void => {
      settled = true;
      parts.length = 0;
      budget.give(size);
      resolve({ type });
    };
    incoming.on('data', (part: Buffer) => {
      if (settled) return;
      if (size + part.length > maxBytes) {
        giveUp('tooLarge');
      } else if (budget.take(part.length)) {
        size += part.length;
        parts.push(part);
      } else {
        giveUp('overloaded');
      }
    });
    incoming.on('end', () => {
      if (settled) return;
      settled = true;
      resolve({ type: 'whole', bytes: new Uint8Array(Buffer.concat(parts)) });
    });
    incoming.on('close', () => {
      if (!settled) giveUp('broken');
    });
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
