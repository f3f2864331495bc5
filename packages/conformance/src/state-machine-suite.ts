import type { StateMachine } from '@raft/core';
import type { Bytes } from '@raft/wire';
import { assertEqual, assertTrue, ConformanceError } from './assert.ts';
import type { Runner } from './runner.ts';

export interface StateMachineSuiteOptions<Result, Query, Answer> {
  readonly runner: Runner;
  /** The state machine's name, for the report. */
  readonly name: string;
  /** A machine in its first state. */
  create(): StateMachine<Result, Query, Answer>;
  /**
   * At least ten commands, applied in this order: some that change what earlier ones made, some that fail as expected, and so many that a
   * snapshot of the result has several chunks, if it ever has.
   */
  readonly commands: readonly Bytes[];
  /**
   * What to ask in order to see the state. Without queries two states count as equal when their snapshots have the same bytes, which a
   * machine need not promise.
   */
  readonly queries?: readonly Query[];
}

/** Tells whether a state machine keeps the contract of `StateMachine` in `@raft/core`. */
export function stateMachineSuite<Result, Query, Answer>(options: StateMachineSuiteOptions<Result, Query, Answer>): void {
  const { runner, name } = options;
  const bench = new Bench(options);
  runner.describe(`${name} keeps the contract of a state machine`, () => {
    runner.test('is given enough commands, and they change the state', () => bench.isWorthIt());
    testApply(runner, bench);
    testSnapshot(runner, bench);
    testRestore(runner, bench);
  });
}

type Machine<Result, Query, Answer> = StateMachine<Result, Query, Answer>;

/** Moves machines and looks at them. */
class Bench<Result, Query, Answer> {
  readonly commands: readonly Bytes[];
  readonly half: number;
  readonly #options: StateMachineSuiteOptions<Result, Query, Answer>;

  constructor(options: StateMachineSuiteOptions<Result, Query, Answer>) {
    this.#options = options;
    this.commands = options.commands;
    this.half = Math.floor(options.commands.length / 2);
  }

  create(): Machine<Result, Query, Answer> {
    return this.#options.create();
  }

  /** A machine that has applied the first so many commands. */
  async after(count: number): Promise<Machine<Result, Query, Answer>> {
    const machine = this.create();
    await this.apply(machine, { from: 0, to: count });
    return machine;
  }

  /** Applies `from` (included) to `to` (excluded), each with an index and a term that depend only on its place. */
  async apply(machine: Machine<Result, Query, Answer>, range: { readonly from: number; readonly to: number }): Promise<Result[]> {
    const results: Result[] = [];
    for (let place = range.from; place < range.to; place += 1) {
      const data = this.commands[place]?.slice();
      if (!data) throw new ConformanceError(`there is no command ${place}`);
      results.push(await machine.apply({ index: 2 + place * 2, term: 1 + Math.floor(place / 5), data }));
    }
    return results;
  }

  async look(machine: Machine<Result, Query, Answer>): Promise<unknown> {
    const { queries } = this.#options;
    if (!queries || !machine.query) return join(await collect(machine.snapshot()));
    const answers: Answer[] = [];
    for (const query of queries) answers.push(await machine.query(query));
    return answers;
  }

  async restored(chunks: readonly Bytes[]): Promise<Machine<Result, Query, Answer>> {
    const machine = this.create();
    await machine.restore(stream(chunks));
    return machine;
  }

  async isWorthIt(): Promise<void> {
    assertTrue(this.commands.length >= 10, 'the suite needs at least ten commands');
    const [first, middle, last] = [
      await this.look(this.create()),
      await this.look(await this.after(this.half)),
      await this.look(await this.after(this.commands.length)),
    ];
    for (const [a, b] of [
      [first, middle],
      [middle, last],
    ]) {
      let isSame = true;
      try {
        assertEqual(a, b, '');
      } catch {
        isSame = false;
      }
      assertTrue(!isSame, 'half of the commands changed nothing that the queries show');
    }
  }
}

function testApply<Result, Query, Answer>(runner: Runner, bench: Bench<Result, Query, Answer>): void {
  const { commands, half } = bench;

  runner.test('gives the same results and the same state for the same commands', async () => {
    const [a, b] = [bench.create(), bench.create()];
    const whole = { from: 0, to: commands.length };
    assertEqual(await bench.apply(a, whole), await bench.apply(b, whole), 'results');
    assertEqual(await bench.look(a), await bench.look(b), 'state');
  });

  runner.test('shares nothing between two machines', async () => {
    const idle = bench.create();
    const before = await bench.look(idle);
    await bench.after(commands.length);
    assertEqual(await bench.look(idle), before, 'the state of a machine that applied nothing');
  });

  runner.test('does not change the bytes of a command', async () => {
    const machine = bench.create();
    for (const [place, command] of commands.entries()) {
      const data = command.slice();
      await machine.apply({ index: place + 1, term: 1, data });
      assertEqual(data, command, `command ${place}, applied`);
    }
  });

  runner.test('is not changed by questions and snapshots', async () => {
    const asked = await bench.after(half);
    const before = await bench.look(asked);
    for (let time = 0; time < 3; time += 1) {
      await bench.look(asked);
      await collect(asked.snapshot());
    }
    assertEqual(await bench.look(asked), before, 'state');
    const rest = { from: half, to: commands.length };
    assertEqual(await bench.apply(asked, rest), await bench.apply(await bench.after(half), rest), 'results of later commands');
  });
}

function testSnapshot<Result, Query, Answer>(runner: Runner, bench: Bench<Result, Query, Answer>): void {
  const { commands, half } = bench;

  runner.test('restores from a snapshot of its first state', async () => {
    const machine = await bench.restored(await collect(bench.create().snapshot()));
    assertEqual(await bench.look(machine), await bench.look(bench.create()), 'state');
  });

  runner.test('goes on from a snapshot as it would have without', async () => {
    const original = await bench.after(half);
    const copy = await bench.restored(await collect(original.snapshot()));
    assertEqual(await bench.look(copy), await bench.look(original), 'state after the restore');
    const rest = { from: half, to: commands.length };
    assertEqual(await bench.apply(copy, rest), await bench.apply(original, rest), 'results of later commands');
    assertEqual(await bench.look(copy), await bench.look(original), 'state after later commands');
  });

  runner.test('captures the state before snapshot() returns: commands applied before the first chunk is read do not show', async () => {
    const machine = await bench.after(half);
    const expected = await bench.look(machine);
    const snapshot = machine.snapshot();
    await bench.apply(machine, { from: half, to: commands.length });
    assertEqual(await bench.look(await bench.restored(await collect(snapshot))), expected, 'state in the snapshot');
  });

  runner.test('captures the state before snapshot() returns: commands applied between chunks do not show', async () => {
    const machine = await bench.after(half);
    const expected = await bench.look(machine);
    const chunks: Bytes[] = [];
    let place = half;
    for await (const chunk of machine.snapshot()) {
      chunks.push(chunk.slice());
      for (const end = Math.min(place + 3, commands.length); place < end; place += 1)
        await bench.apply(machine, { from: place, to: place + 1 });
    }
    assertEqual(await bench.look(await bench.restored(chunks)), expected, 'state in the snapshot');
  });

  runner.test('takes one snapshot while another is being read', async () => {
    const machine = await bench.after(half);
    const early = machine.snapshot();
    await bench.apply(machine, { from: half, to: commands.length });
    const late = await collect(machine.snapshot());
    assertEqual(await bench.look(await bench.restored(late)), await bench.look(machine), 'state in the later snapshot');
    assertEqual(
      await bench.look(await bench.restored(await collect(early))),
      await bench.look(await bench.after(half)),
      'state in the earlier snapshot',
    );
  });

  runner.test('bears a snapshot that is given up', async () => {
    const machine = await bench.after(half);
    for await (const _chunk of machine.snapshot()) break;
    machine.snapshot();
    assertEqual(await bench.look(machine), await bench.look(await bench.after(half)), 'state');
  });
}

function testRestore<Result, Query, Answer>(runner: Runner, bench: Bench<Result, Query, Answer>): void {
  const { commands, half } = bench;

  runner.test('replaces the whole state by the snapshot', async () => {
    const snapshot = await collect((await bench.after(half)).snapshot());
    const later = await bench.after(commands.length);
    await later.restore(stream(snapshot));
    assertEqual(await bench.look(later), await bench.look(await bench.after(half)), 'state that was later than the snapshot');
    await later.restore(stream(await collect(bench.create().snapshot())));
    assertEqual(await bench.look(later), await bench.look(bench.create()), 'state after restoring an empty snapshot');
  });

  for (const size of [1, 7, Number.POSITIVE_INFINITY]) {
    const how = size === Number.POSITIVE_INFINITY ? 'all at once' : `in chunks of ${size}`;
    runner.test(`takes a snapshot however it is cut: ${how}`, async () => {
      const bytes = join(await collect((await bench.after(commands.length)).snapshot()));
      const machine = await bench.restored(cut(bytes, size));
      assertEqual(await bench.look(machine), await bench.look(await bench.after(commands.length)), 'state');
    });
  }

  runner.test('keeps its state when the chunks break off, wherever they do', async () => {
    const snapshot = join(await collect((await bench.after(commands.length)).snapshot()));
    const machine = await bench.after(half);
    const before = await bench.look(machine);
    const chunks = cut(snapshot, Math.max(1, Math.ceil(snapshot.length / 16)));
    for (let good = 0; good <= chunks.length; good += 1) {
      const failure = new ConformanceError('the chunks broke off');
      const reason = await machine.restore(stream(chunks.slice(0, good), failure)).then(
        () => undefined,
        (error: unknown) => error,
      );
      assertTrue(reason !== undefined, `restore rejects when the chunks break off behind ${good} of ${chunks.length}`);
      assertEqual(await bench.look(machine), before, `state when the chunks broke off behind ${good} of ${chunks.length}`);
    }
    const rest = { from: half, to: commands.length };
    assertEqual(await bench.apply(machine, rest), await bench.apply(await bench.after(half), rest), 'results of later commands');
  });
}

/** Chunks are copied at once: whoever made them may use their bytes again. */
async function collect(chunks: AsyncIterable<Bytes>): Promise<Bytes[]> {
  const collected: Bytes[] = [];
  for await (const chunk of chunks) collected.push(chunk.slice());
  return collected;
}

/** One after the other, in turns of their own; then the failure, if there is one. */
async function* stream(chunks: readonly Bytes[], failure?: Error): AsyncGenerator<Bytes> {
  for (const chunk of chunks) {
    await Promise.resolve();
    yield chunk.slice();
  }
  if (failure) throw failure;
}

function join(chunks: readonly Bytes[]): Bytes {
  const joined = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.length;
  }
  return joined;
}

function cut(bytes: Bytes, size: number): Bytes[] {
  if (size >= bytes.length) return [bytes];
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, part) => bytes.slice(part * size, (part + 1) * size));
}
