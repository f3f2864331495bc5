import type { ProtocolStatus, Vitals } from '@raft/core';
import type { Configuration, Entry } from '@raft/wire';
import type { KvOperation } from '../clients/kv-machine.ts';
import type { AppliedEntry, Observer, Subject } from './observer.ts';

/** What the ledger makes of the events, told in the moment in which it does and before it records it. */
export interface Deductions {
  /** The node leads `status.term`, and did not before. */
  elected(node: Subject, status: Vitals): void;
  /** A leader is about to send entries. Only where the protocol itself is driven. */
  leading(node: Subject, status: ProtocolStatus): void;
  /** The leader of `term` calls everything up to `index` committed, for the first time in the history. */
  committed(node: Subject, index: number, term: number): void;
  /** A configuration entry is seen for the first time. */
  configured(entry: Entry, configuration: Configuration): void;
  /** An entry is written behind one of `previousTerm` (0: unknown, behind a snapshot). */
  stores(node: Subject, entry: Entry, previousTerm: number): void;
  /** All that the node's log holds from `from` on goes, cut or replaced by a snapshot. `term`: the node's when it decided so. */
  drops(node: Subject, from: number, term: number): void;
  /** A client's command is applied at an index that nobody applied before. */
  executes(operation: KvOperation, applied: AppliedEntry): void;
}

export type Watcher = Observer & Partial<Deductions>;
