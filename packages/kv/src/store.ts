import type { Command, StateMachine } from '@raft/core';
import { type Bytes, RaftError } from '@raft/wire';
import { decodeCommand, type Expected, type KvCommand } from './commands.ts';
import { readSnapshot, writeSnapshot } from './store-snapshot.ts';
import type { StoredValue } from './stored-value.ts';

/** What a command did, the same on every node. */
export type KvResult =
  | { readonly type: 'stored'; readonly revision: number }
  | { readonly type: 'deleted'; readonly deleted: boolean }
  /** The precondition did not hold: nothing changed. `revision` is the one that stands, null for none. */
  | { readonly type: 'conflict'; readonly revision: number | null }
  /** The bytes are no command that this version knows: nothing changed. */
  | { readonly type: 'malformed'; readonly message: string };

/** A question about one key. */
export interface KvQuery {
  readonly key: string;
}

/** undefined: there is no such key. */
export type KvAnswer = StoredValue | undefined;

/** The keys and values, as a state machine to replicate. */
export class KvStore implements StateMachine<KvResult, KvQuery, KvAnswer> {
  // Its order (insertion, kept by snapshots) is the same on every node, so equal states give equal snapshot bytes.
  #values = new Map<string, StoredValue>();

  get size(): number {
    return this.#values.size;
  }

  /** Total: bytes that are no command give a `malformed` result, since a throw would stop every node at the same entry. */
  apply({ index, data }: Pick<Command, 'index' | 'data'>): KvResult {
    const command = tryDecode(data);
    if (command.type === 'malformed') return command;
    const standing = this.#values.get(command.key);
    if (!holds(command.expected, standing)) return { type: 'conflict', revision: standing?.revision ?? null };
    if (command.type === 'delete') return { type: 'deleted', deleted: this.#values.delete(command.key) };
    // A copy: the value is a view into the batch that it came with, which would stay in memory as long as the value.
    this.#values.set(command.key, { value: command.value.slice(), revision: index });
    return { type: 'stored', revision: index };
  }

  query({ key }: KvQuery): KvAnswer {
    return this.#values.get(key);
  }

  snapshot(): AsyncIterable<Bytes> {
    // Values are immutable, so a shallow copy is the state as of now; it is made before this returns.
    return writeSnapshot([...this.#values]);
  }

  async restore(chunks: AsyncIterable<Bytes>): Promise<void> {
    this.#values = await readSnapshot(chunks);
  }
}

function holds(expected: Expected | undefined, standing: StoredValue | undefined): boolean {
  if (expected === undefined) return true;
  if (expected === null) return standing === undefined;
  if (expected === 'present') return standing !== undefined;
  return standing?.revision === expected;
}

function tryDecode(data: Bytes): KvCommand | (KvResult & { readonly type: 'malformed' }) {
  try {
    return decodeCommand(data);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'malformed' || error.code === 'unsupportedVersion')) {
      return { type: 'malformed', message: error.message };
    }
    throw new RaftError('stateMachineFailed', 'the command codec failed', { cause: error });
  }
}
