import type { Command, StateMachine } from '@raft/core';
import { type Bytes, decodeUtf8, encodeUtf8 } from '@raft/wire';

/** A line that makes `apply` throw. */
export const poison = 'poison';

/** A state machine that keeps every line it is given, in order; the result of a line is how many there are. */
export class Ledger implements StateMachine<number, 'lines' | 'bad', readonly string[]> {
  #lines: string[] = [];
  readonly #changed: () => void;
  /** Restores that it has seen. */
  restored = 0;
  /** Held back by a test: each apply waits for it. */
  gate: Promise<void> | undefined;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  apply({ data }: Command): number | Promise<number> {
    const line = decodeUtf8(data);
    if (line === poison) throw new Error('this line is poison');
    if (this.gate !== undefined) return this.gate.then(() => this.#append(line));
    return this.#append(line);
  }

  query(input: 'lines' | 'bad'): readonly string[] {
    if (input === 'bad') throw new Error('a bad question');
    return [...this.#lines];
  }

  snapshot(): AsyncIterable<Bytes> {
    const captured = [...this.#lines];
    return (async function* () {
      for (const line of captured) yield encodeUtf8(`${line}\n`);
    })();
  }

  async restore(chunks: AsyncIterable<Bytes>): Promise<void> {
    let text = '';
    for await (const chunk of chunks) text += decodeUtf8(chunk);
    this.#lines = text.split('\n').slice(0, -1);
    this.restored += 1;
    this.#changed();
  }

  #append(line: string): number {
    this.#changed();
    return this.#lines.push(line);
  }
}
