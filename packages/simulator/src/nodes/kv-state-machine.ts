import type { Command, StateMachine } from '@raft/core';
import type { Bytes } from '@raft/wire';
import { KvMachine, type KvResult } from '../clients/kv-machine.ts';
import { joined } from '../world/bytes.ts';

/** A state machine that the simulator can look into. */
export interface SimulatedMachine<Result = unknown, Query = never, Answer = unknown> extends StateMachine<Result, Query, Answer> {
  /** A hash of the whole state; two machines with one digest are equal. */
  digest?(): number;
  /** An entry that is no command was passed: for machines that keep count. */
  passed?(entry: { readonly index: number; readonly term: number }): void;
}

/** The simulator's own machine behind the contract of a state machine. Its snapshots come in chunks of a few bytes. */
export class KvStateMachine implements SimulatedMachine<KvResult, string, KvResult> {
  readonly #machine = new KvMachine();
  readonly #chunkBytes: number;

  constructor(options: { readonly chunkBytes: number }) {
    this.#chunkBytes = options.chunkBytes;
  }

  get index(): number {
    return this.#machine.index;
  }

  apply(command: Command): KvResult {
    return this.#machine.apply(command) ?? { value: null };
  }

  passed({ index, term }: { readonly index: number; readonly term: number }): void {
    this.#machine.apply({ index, term, data: undefined });
  }

  query(key: string): KvResult {
    return this.#machine.read(key);
  }

  digest(): number {
    return this.#machine.digest;
  }

  snapshot(): AsyncIterable<Bytes> {
    return chunksOf(this.#machine.snapshot(), this.#chunkBytes);
  }

  async restore(chunks: AsyncIterable<Bytes>): Promise<void> {
    const whole = await wholeOf(chunks);
    if (!this.#machine.restore(whole)) throw new Error(`${whole.length} bytes are no whole snapshot`);
  }
}

async function* chunksOf(data: Bytes, chunkBytes: number): AsyncGenerator<Bytes, void, undefined> {
  for (let offset = 0; offset < data.length; offset += chunkBytes) yield data.slice(offset, offset + chunkBytes);
}

async function wholeOf(chunks: AsyncIterable<Bytes>): Promise<Bytes> {
  const parts: Bytes[] = [];
  for await (const chunk of chunks) parts.push(chunk.slice());
  return joined(parts);
}
