import { type Entry, RaftError, type SnapshotMeta } from '@raft/wire';
import type { WriteBatch } from '../storage.ts';
import type { TermOutline } from './term-outline.ts';

/** What a batch does to the log, besides appending its entries. */
export interface LogChange {
  /** All of the log before goes: the batch's snapshot contradicts it, or lies beyond it (paper, Figure 13, rule 7). */
  readonly dropsLog: boolean;
  /** This entry and all behind it go; undefined when there are none. */
  readonly truncateFrom: number | undefined;
  /** Of the log behind the batch. */
  readonly lastIndex: number;
}

/**
 * The log as it will be when all that was asked for is durable. A storage checks each batch against it when it is asked for, not when it is written:
 * so calls may overlap, and a bad one is refused before it touches anything.
 */
export class LogPlan {
  readonly #outline: TermOutline;
  #snapshot: SnapshotMeta | undefined;

  /** Begins with what is durable; `outline` is changed from now on. */
  constructor(outline: TermOutline, snapshot: SnapshotMeta | undefined) {
    this.#outline = outline;
    this.#snapshot = snapshot;
  }

  /**
   * Changes nothing yet. That a batch's snapshot was committed is the caller's to check.
   *
   * @throws RaftError `invalidArgument` as `Storage.write` says.
   */
  check({ snapshot, truncateFrom, entries }: WriteBatch): LogChange {
    const outline = this.#outline;
    const dropsLog = snapshot !== undefined && this.#dropsLog(snapshot);
    const covered = snapshot ?? this.#snapshot;
    const lowest = (covered?.lastIncludedIndex ?? 0) + 1;
    if (truncateFrom !== undefined && !(Number.isSafeInteger(truncateFrom) && truncateFrom >= lowest)) {
      throw invalid(`truncateFrom ${truncateFrom} is below ${lowest}: the snapshot covers it`);
    }
    const before = dropsLog ? snapshot.lastIncludedIndex : outline.lastIndex;
    const kept = Math.min(before, (truncateFrom ?? Number.POSITIVE_INFINITY) - 1);
    checkEntries(entries, kept, (dropsLog ? undefined : outline.termAt(kept)) ?? covered?.lastIncludedTerm ?? 0);
    return { dropsLog, truncateFrom: kept < before ? truncateFrom : undefined, lastIndex: kept + entries.length };
  }

  /** Takes in a batch that was just checked. */
  take({ snapshot, entries }: WriteBatch, { dropsLog, truncateFrom }: LogChange): void {
    if (snapshot) this.#snapshot = snapshot;
    if (snapshot && dropsLog) this.#outline.reset(snapshot.lastIncludedIndex);
    if (truncateFrom !== undefined) this.#outline.truncateFrom(truncateFrom);
    for (const entry of entries) this.#outline.append(entry.term);
  }

  /** The entries up to and including `index` are gone. */
  compact(index: number): void {
    this.#outline.compact(index);
  }

  /** Paper, Figure 13, rules 6 and 7. */
  #dropsLog({ lastIncludedIndex, lastIncludedTerm }: SnapshotMeta): boolean {
    const current = this.#snapshot;
    if (current && lastIncludedIndex < current.lastIncludedIndex) {
      throw invalid(`the snapshot of index ${lastIncludedIndex} is older than the current one, of ${current.lastIncludedIndex}`);
    }
    // A log that was compacted up to the current snapshot's very end holds that end, too.
    const held = current?.lastIncludedIndex === lastIncludedIndex ? current.lastIncludedTerm : undefined;
    return (this.#outline.termAt(lastIncludedIndex) ?? held) !== lastIncludedTerm;
  }
}

function checkEntries(entries: readonly Entry[], lastIndex: number, lastTerm: number): void {
  let index = lastIndex;
  let term = lastTerm;
  for (const entry of entries) {
    index += 1;
    if (entry.index !== index) throw invalid(`entry ${entry.index} where ${index} must follow`);
    if (entry.term < term) throw invalid(`entry ${entry.index} has term ${entry.term} behind term ${term}`);
    term = entry.term;
  }
}

function invalid(message: string): RaftError {
  return new RaftError('invalidArgument', message);
}
