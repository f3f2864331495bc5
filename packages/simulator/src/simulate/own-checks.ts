import type { StateMachine } from '@raft/core';
import { type Bytes, type Entry, entryData } from '@raft/wire';
import type { ClientOperation, ClientOutcome } from '../clients/operation.ts';
import type { AppliedEntry, Observer, Subject } from '../invariants/observer.ts';
import { demand } from '../invariants/violation.ts';
import { joined, sameBytes } from '../world/bytes.ts';
import type { Random } from '../world/random.ts';
import { textOf } from './text-of.ts';

type Machine = StateMachine<unknown, unknown, unknown>;

interface Query {
  readonly operation: number;
  readonly input: unknown;
  readonly answer: string;
}

const blame = 'apply depends on more than the commands, or a snapshot does not hold all of the state';

/** How often, in a replay, a snapshot is taken, restored and taken again. */
const roundTrips = 4;

/**
 * Holds a state machine of somebody else's against its own log. Every node must come to the same result at an index; clients must see one linear
 * history; and a new machine to which the whole log is applied must say the same again, with snapshots on the way that hold all of it.
 */
export class OwnChecks implements Observer {
  private readonly makeMachine: () => Machine;
  private readonly random: Random;
  private readonly commands: { readonly entry: Entry; readonly result: string }[] = [];
  private readonly at = new Map<number, { readonly entry: Entry; readonly result: string }>();
  private readonly taken = new Set<number>();
  private readonly floors = new Map<number, number>();
  private readonly queries = new Map<number, Query[]>();
  private acknowledged = 0;

  constructor(makeMachine: () => Machine, random: Random) {
    this.makeMachine = makeMachine;
    this.random = random;
  }

  applies(node: Subject, { entry, result }: AppliedEntry): void {
    if (entry.kind !== 'command') return;
    const text = textOf(result);
    const known = this.at.get(entry.index);
    if (known === undefined) {
      const command = { entry, result: text };
      this.at.set(entry.index, command);
      this.commands.push(command);
      return;
    }
    demand(
      known.result === text,
      'determinism',
      () => `${node.id} comes to ${text} at ${entry.index}, another node came to ${known.result}: ${blame}`,
    );
  }

  invoked({ id }: ClientOperation): void {
    this.floors.set(id, this.acknowledged);
  }

  returned(operation: ClientOperation, outcome: ClientOutcome): void {
    if (outcome.type !== 'ok') return;
    const { id, request } = operation;
    const { index, result } = outcome;
    const floor = this.floors.get(id) ?? 0;
    if (request.kind === 'query') {
      demand(index >= floor, 'linearizable', () => `query ${id} is answered as of ${index}: ${floor} was seen before it began`);
      const here = this.queries.get(index) ?? [];
      this.queries.set(index, here);
      here.push({ operation: id, input: request.input, answer: textOf(result) });
    } else if (request.kind === 'command') {
      this.takesPlace(id, request.data, { index, floor, result: textOf(result) });
    }
    this.acknowledged = Math.max(this.acknowledged, index);
  }

  private takesPlace(id: number, data: Bytes, told: { readonly index: number; readonly floor: number; readonly result: string }): void {
    const { index, floor, result } = told;
    demand(index > floor, 'linearizable', () => `command ${id} takes place at ${index}: ${floor} was seen before it began`);
    const known = this.at.get(index);
    const belongs = known !== undefined && sameBytes(entryData(known.entry), data) && !this.taken.has(index);
    demand(belongs, 'I16', () => `command ${id} is told that it took place at ${index}, where another one stands`);
    this.taken.add(index);
    demand(known.result === result, 'I16', () => `command ${id} is told ${result}, at ${index} it came to ${known.result}`);
  }

  /** When the history is over. */
  async replay(): Promise<void> {
    const commands = this.commands.toSorted((one, other) => one.entry.index - other.entry.index);
    let machine = this.makeMachine();
    let applied = 0;
    await this.ask(machine, applied, commands[0]?.entry.index ?? Number.POSITIVE_INFINITY);
    for (const [at, { entry, result }] of commands.entries()) {
      const { index, term } = entry;
      if (this.random.chance(roundTrips / commands.length)) machine = await this.roundTrip(machine, commands.slice(at, at + 3));
      const again = textOf(await machine.apply({ index, term, data: entryData(entry) }));
      demand(again === result, 'determinism', () => `applied again, the command at ${index} comes to ${again}; it was ${result}: ${blame}`);
      applied = index;
      await this.ask(machine, applied, commands[at + 1]?.entry.index ?? Number.POSITIVE_INFINITY);
    }
  }

  /** Queries that were answered between this command and the next. */
  private async ask(machine: Machine, from: number, next: number): Promise<void> {
    for (const [index, queries] of this.queries) {
      if (index < from || index >= next) continue;
      for (const { operation, input, answer } of queries) {
        const again = textOf(await machine.query?.(input));
        demand(
          again === answer,
          'linearizable',
          () => `query ${operation} was answered ${answer} as of ${index}; the log up to there says ${again}`,
        );
      }
    }
  }

  /** Takes a snapshot while later commands are applied, restores it elsewhere, and goes on with that: nothing later may show, nothing be missing. */
  private async roundTrip(machine: Machine, later: readonly { readonly entry: Entry }[]): Promise<Machine> {
    const snapshot = machine.snapshot();
    const waiting = [...later];
    const applyNext = async () => {
      const next = waiting.shift()?.entry;
      if (next !== undefined) await machine.apply({ index: next.index, term: next.term, data: entryData(next) });
    };
    const chunks: Bytes[] = [];
    // It was captured when it was asked for: what is applied before anybody reads it must not show either.
    await applyNext();
    for await (const chunk of snapshot) {
      chunks.push(chunk.slice());
      await applyNext();
    }
    const restored = this.makeMachine();
    await restored.restore(inPieces(joined(chunks), this.random));
    const again: Bytes[] = [];
    for await (const chunk of restored.snapshot()) again.push(chunk.slice());
    const twice = this.makeMachine();
    await twice.restore(inPieces(joined(again), this.random));
    return twice;
  }
}

/** Cut anew: where a chunk ends means nothing. */
async function* inPieces(bytes: Bytes, random: Random): AsyncIterable<Bytes> {
  for (let at = 0; at < bytes.length; ) {
    const length = random.between(1, Math.max(1, Math.floor(bytes.length / 3)));
    yield bytes.slice(at, at + length);
    at += length;
  }
}
