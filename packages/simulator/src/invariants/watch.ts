import type { DiskView } from '../nodes/disk-view.ts';
import type { Watcher } from './deductions.ts';
import type { Limits } from './invariant.ts';
import { Ledger } from './ledger.ts';
import type { Observer } from './observer.ts';
import { type Oracle, oracleOf } from './oracle.ts';
import { invariants } from './table.ts';

export interface WatchOptions {
  /** Ids of invariants that are not watched. */
  readonly off: ReadonlySet<string>;
  /** Every disk of the history as it is now, wiped ones with what they held. */
  readonly disks: () => readonly DiskView[];
  /** Told last of each event, once the ledger has recorded it. */
  readonly also: readonly Observer[];
  /** Of every node. Without them I20 isn't watched. */
  readonly limits?: Limits;
}

/** The invariants for one history, and what is known of it. */
export function watch({ off, disks, also, limits }: WatchOptions): { readonly oracle: Oracle; readonly ledger: Ledger } {
  const ledger = new Ledger();
  const watchers: readonly Watcher[] = invariants.filter(({ id }) => !off.has(id)).map((it) => it.watch({ ledger, disks, limits }));
  ledger.attach(watchers);
  return { oracle: oracleOf([...watchers, ledger, ...also]), ledger };
}
