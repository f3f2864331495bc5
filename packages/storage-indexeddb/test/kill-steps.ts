import type { TermRun, WriteBatch } from '@raft/core';
import { type Bytes, type Entry, encodeConfiguration, encodeEntry, type SnapshotMeta } from '@raft/wire';
import { seededRandom } from './random.ts';

// What a page does to its storage until it is killed. Page and test make the same steps of the same life, so the page need not
// tell what it asks for, and no telling of it can be lost in the kill.

/** One life of the page: from where its steps go on, and by what chance. */
export interface Life {
  readonly run: number;
  readonly seed: number;
  readonly lastIndex: number;
  readonly term: number;
  readonly snapshot: SnapshotMeta | undefined;
  readonly termRuns: readonly TermRun[];
}

/** A batch, and what its snapshot holds if it makes one current. */
export interface Step {
  readonly number: number;
  readonly batch: WriteBatch;
  readonly content: Bytes | undefined;
}

const configuration = { voters: [{ id: 'n1', storageId: '0123456789abcdef0123456789abcdef' }] };

/** The vote that is written by this step and no other: it tells which batch was the last. */
export function markOf(run: number, number: number): string {
  return `run-${run}-batch-${number}`;
}

/** Steps without end. */
export function* stepsOf(life: Life): Generator<Step, never, undefined> {
  const random = seededRandom(life.seed);
  const log = new GeneratedLog(life);
  for (let number = 1; ; number += 1) {
    const kind = random(100);
    const snapshot = kind < 4 ? log.ownSnapshot(number) : kind < 6 ? log.foreignSnapshot(random(4) + 1, number) : undefined;
    const truncateFrom = kind >= 6 && kind < 16 ? log.truncate(random(12)) : undefined;
    const size = random(100);
    // Of 300 entries a chunk is so large that Chromium keeps it in a file of its own.
    const count = size < 3 ? 300 : size < 10 ? 0 : random(9);
    const entries = Array.from({ length: count }, () => log.append(random(2 ** 31)));
    const hardState = { currentTerm: log.term, votedFor: markOf(life.run, number) };
    const batch = { hardState, entries, ...(snapshot && { snapshot }), ...(truncateFrom !== undefined && { truncateFrom }) };
    yield { number, batch, content: snapshot && contentOf(snapshot) };
  }
}

class GeneratedLog {
  #lastIndex: number;
  #snapshot: SnapshotMeta | undefined;
  #runs: TermRun[];
  term: number;

  constructor(life: Life) {
    this.#lastIndex = life.lastIndex;
    this.#snapshot = life.snapshot;
    this.#runs = [...life.termRuns];
    this.term = Math.max(1, life.term);
  }

  append(unique: number): Entry {
    this.#lastIndex += 1;
    if (this.#runs.at(-1)?.term !== this.term) this.#runs.push({ index: this.#lastIndex, term: this.term });
    const isConfiguration = unique % 31 === 0;
    const data = isConfiguration ? encodeConfiguration(configuration) : new Uint8Array(20 + (unique % 500)).fill(unique % 251);
    if (!isConfiguration) new DataView(data.buffer).setUint32(0, unique);
    return encodeEntry({ index: this.#lastIndex, term: this.term, kind: isConfiguration ? 'configuration' : 'command', data });
  }

  truncate(entries: number): number {
    const covered = this.#snapshot?.lastIncludedIndex ?? 0;
    const from = Math.max(covered + 1, this.#lastIndex - entries);
    this.#lastIndex = Math.min(this.#lastIndex, from - 1);
    this.#runs = this.#runs.filter(({ index }) => index < from);
    this.term += 1;
    return from;
  }

  /** Of all that is there. */
  ownSnapshot(unique: number): SnapshotMeta | undefined {
    const covered = this.#snapshot?.lastIncludedIndex ?? 0;
    const term = this.#runs.at(-1)?.term;
    if (term === undefined || this.#lastIndex <= covered) return undefined;
    this.#snapshot = { lastIncludedIndex: this.#lastIndex, lastIncludedTerm: term, configuration, configurationIndex: unique };
    return this.#snapshot;
  }

  /** Of a leader with another log: ours goes. */
  foreignSnapshot(ahead: number, unique: number): SnapshotMeta {
    this.term += 1;
    this.#lastIndex += ahead;
    this.#runs = [];
    this.#snapshot = { lastIncludedIndex: this.#lastIndex, lastIncludedTerm: this.term, configuration, configurationIndex: unique };
    return this.#snapshot;
  }
}

/** What the snapshot with this meta holds. */
function contentOf({ lastIncludedIndex, configurationIndex }: SnapshotMeta): Bytes {
  const size = (configurationIndex * 7919) % 150_000;
  return Uint8Array.from({ length: size }, (_, at) => (at * 3 + lastIncludedIndex) % 256);
}
