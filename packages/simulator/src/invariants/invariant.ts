import type { Config, ProtocolStatus, Vitals } from '@raft/core';
import type { Configuration, Entry } from '@raft/wire';
import type { KvOperation } from '../clients/kv-machine.ts';
import type { DiskView } from '../nodes/disk-view.ts';
import type { Ledger } from './ledger.ts';
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

/** The options of a node that bound what it may have under way. */
export type Limits = Pick<Config, 'maxInflightMessages' | 'maxAppendBytes' | 'maxApplyingEntries'>;

/** What an invariant may look at besides what it is told. */
export interface Context {
  readonly ledger: Ledger;
  /** Every disk of the history as it is now, those that were wiped included. */
  readonly disks: () => readonly DiskView[];
  /** Unknown: they are not watched. */
  readonly limits: Limits | undefined;
}

/** Something that must hold in every history. */
export interface Invariant {
  readonly id: string;
  readonly name: string;
  /** Where the paper (§), the thesis or the architecture says so. */
  readonly paper: string;
  /** Its name in the TLA+ specifications of Raft, where it has one. */
  readonly tla?: string;
  /** The feature that a part of it waits for. */
  readonly partWaitsFor?: string;
  /** For one history. */
  watch(context: Context): Watcher;
}
