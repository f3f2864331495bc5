import type { Command, StateMachine } from '@raft/core';
import { type Bytes, decodeUtf8, encodeUtf8 } from '@raft/wire';
import { describe, expect, test } from 'vitest';
import { simulate } from './simulate.ts';

/** A list of words with their number; a query asks how often a word came. */
class Words implements StateMachine<number, string, number> {
  words: string[] = [];

  apply({ data }: Command): number {
    this.words.push(decodeUtf8(data));
    return this.words.length;
  }

  query(word: string): number {
    return this.words.filter((known) => known === word).length;
  }

  snapshot(): AsyncIterable<Bytes> {
    return linesOf([...this.words]);
  }

  async restore(chunks: AsyncIterable<Bytes>): Promise<void> {
    let text = '';
    for await (const chunk of chunks) text += decodeUtf8(chunk);
    this.words = text.split('\n').slice(0, -1);
  }
}

async function* linesOf(words: readonly string[]): AsyncGenerator<Bytes> {
  for (const word of words) yield encodeUtf8(`${word}\n`);
}

const workload = {
  command: (draw: { pick<T>(items: readonly T[]): T }) => encodeUtf8(draw.pick(['oak', 'elm', 'ash'])),
  query: (draw: { pick<T>(items: readonly T[]): T }) => draw.pick(['oak', 'elm', 'ash']),
};

/** Words, but for what `change` does to a machine. */
function wordsWith(change: (machine: Words) => Partial<Words>): () => Words {
  return () => {
    const machine = new Words();
    return Object.assign(machine, change(machine));
  };
}

describe('simulate', () => {
  test('finds nothing wrong with a machine that is well, and puts it through something', async () => {
    const report = await simulate({ stateMachine: () => new Words(), workload, seeds: [1, 6] });
    expect(report.failures).toEqual([]);
    expect(report.seeds).toBe(6);
    expect(report.commands).toBeGreaterThan(400);
    expect(report.queries).toBeGreaterThan(100);
    expect(report.elections).toBeGreaterThan(20);
    expect(report.snapshotsRestored).toBeGreaterThan(20);
  });

  test('has one history per seed', async () => {
    const run = () => simulate({ stateMachine: () => new Words(), workload, seeds: [7, 9] });
    expect(await run()).toEqual(await run());
  });

  test('runs without faults, and without queries', async () => {
    const report = await simulate({
      stateMachine: () => new Words(),
      workload: { command: workload.command },
      seeds: [1, 2],
      faults: [],
      voters: 3,
    });
    expect(report).toMatchObject({ failures: [], queries: 0, faults: 0 });
  });

  const lame: readonly (readonly [string, () => StateMachine<number, string, number>, readonly string[]])[] = [
    ['whose results depend on the machine that it runs on', () => machineWithHome(), ['determinism']],
    ['that forgets in its snapshot what came last', wordsWith(forgetful), ['determinism', 'linearizable']],
    ['whose snapshot shows what came after it', wordsWith(late), ['determinism', 'linearizable']],
    ['whose snapshot is taken when it is read', wordsWith(lazy), ['determinism', 'linearizable']],
    ['that answers queries from a cache', wordsWith(cached), ['linearizable']],
    ['that throws at a command', wordsWith(poisoned), ['I22']],
    ['that waits for a timer', slow, ['determinism']],
  ];

  for (const [what, stateMachine, invariants] of lame) {
    test(`finds a machine ${what}`, async () => {
      const { failures } = await simulate({ stateMachine, workload, seeds: [1, 6] });
      expect(failures.length).toBeGreaterThan(0);
      for (const { invariant, message } of failures) expect(invariants, message).toContain(invariant);
      expect(failures[0]?.trace.length).toBeGreaterThan(0);
    });
  }

  test('tells what a node keeps to itself: why no snapshot is taken, and why none is restored', async () => {
    const fail = (what: string) => () => {
      throw new Error(`no ${what} today`);
    };
    async function* failsMidway(): AsyncGenerator<Bytes> {
      yield encodeUtf8('oak');
      throw new Error('no more today');
    }
    const messagesOf = async (change: Partial<Words>) => {
      const { failures } = await simulate({ stateMachine: wordsWith(() => change), workload, seeds: [1, 2] });
      return failures.map(({ invariant, message }) => `${invariant} ${message}`);
    };
    expect(await messagesOf({ snapshot: fail('snapshot') })).toEqual(Array(2).fill('I22 snapshot threw: no snapshot today'));
    expect(await messagesOf({ snapshot: failsMidway })).toEqual(Array(2).fill('I22 snapshot threw: no more today'));
    expect(await messagesOf({ restore: async () => fail('restore')() })).toEqual(Array(2).fill('I22 restore threw: no restore today'));
  });

  test('refuses what makes no sense', async () => {
    const stateMachine = () => new Words();
    const lame = {
      command: () => {
        throw new Error('no idea');
      },
    };
    await expect(simulate({ stateMachine, workload: lame })).rejects.toThrow('workload.command threw: no idea');
    await expect(simulate({ stateMachine, workload, seeds: [5, 1] })).rejects.toThrow('the smaller one first');
    await expect(simulate({ stateMachine, workload, faults: ['plague' as 'crashes'] })).rejects.toThrow('no faults are called plague');
    for (const voters of [0, 1.5, 8]) {
      await expect(simulate({ stateMachine, workload, voters })).rejects.toThrow(`${voters} voters: a whole number from 1 to 7`);
    }
  });
});

function machineWithHome(): Words {
  homes++;
  const home = homes % 3;
  return wordsWith((machine) => ({ apply: (command) => Words.prototype.apply.call(machine, command) * 10 + home }))();
}
let homes = 0;

function forgetful(machine: Words): Partial<Words> {
  return { snapshot: () => linesOf(machine.words.slice(0, -1)) };
}

function late(machine: Words): Partial<Words> {
  // The living list: what is applied while it is read comes along.
  return { snapshot: () => linesOf(machine.words) };
}

function lazy(machine: Words): Partial<Words> {
  return {
    // Nothing in a generator runs before it is asked for its first chunk.
    async *snapshot() {
      yield* linesOf([...machine.words]);
    },
  };
}

function cached(machine: Words): Partial<Words> {
  const known = new Map<string, number>();
  return {
    query(word) {
      const count = known.get(word) ?? Words.prototype.query.call(machine, word);
      known.set(word, count);
      return count;
    },
  };
}

function poisoned(machine: Words): Partial<Words> {
  return {
    apply(command) {
      if (command.index > 30 && decodeUtf8(command.data) === 'ash') throw new Error('ash');
      return Words.prototype.apply.call(machine, command);
    },
  };
}

function slow(): StateMachine<number, string, number> {
  const machine = new Words();
  return {
    async apply(command) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      return machine.apply(command);
    },
    query: (word) => machine.query(word),
    snapshot: () => machine.snapshot(),
    restore: (chunks) => machine.restore(chunks),
  };
}
