import { stateMachineSuite } from '@raft/conformance';
import type { Bytes } from '@raft/wire';
import { describe, test } from 'vitest';
import { encodeCommand } from './commands.ts';
import { KvStore } from './store.ts';

const keys = Array.from({ length: 8 }, (_, n) => `key ${n}`);

/** Puts of large values, so that a snapshot has several chunks, among deletes, conflicts and bytes that are no command. */
const commands: Bytes[] = Array.from({ length: 60 }, (_, n): Bytes => {
  const key = keys[n % keys.length] ?? '';
  if (n % 13 === 12) return encodeCommand({ type: 'delete', key });
  if (n % 7 === 6) return encodeCommand({ type: 'put', key, value: new Uint8Array([n]), expected: n });
  if (n % 11 === 10) return new Uint8Array([n, 1, 2, 3]);
  return encodeCommand({ type: 'put', key, value: new Uint8Array(20_000).fill(n) });
});

stateMachineSuite({
  runner: { describe, test },
  name: 'the key-value store',
  create: () => new KvStore(),
  commands,
  queries: keys.map((key) => ({ key })),
});
