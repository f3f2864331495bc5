import type { Config } from '@raft/core';
import type { DiskView } from '../nodes/disk-view.ts';
import type { Watcher } from './deductions.ts';
import type { Ledger } from './ledger.ts';

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
  /** Where the paper (§) or the thesis says so. */
  readonly paper: string;
  /** Its name in the TLA+ specifications of Raft, where it has one. */
  readonly tla?: string;
  /** The feature that a part of it waits for. */
  readonly partWaitsFor?: string;
  /** For one history. */
  watch(context: Context): Watcher;
}
