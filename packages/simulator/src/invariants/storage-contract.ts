import type { WriteBatch } from '@raft/core';
import type { Invariant } from './invariant.ts';
import type { LogModel } from './log-model.ts';
import type { Subject } from './observer.ts';
import { broken } from './violation.ts';

const id = 'storage-contract';

/** Each batch is one that a storage takes: no gap, no term that falls, nothing cut under a snapshot, no snapshot older than the current one. */
export const storageContract: Invariant = {
  id,
  name: 'every write keeps the contract of the storage',
  paper: 'Figure 2, persistent state',
  tla: 'MonoLogInv',
  watch: ({ ledger }) => ({
    writes(node, batch) {
      const { model } = ledger.life(node);
      const { snapshot, truncateFrom } = batch;
      const current = node.disk.snapshot?.meta.lastIncludedIndex ?? 0;
      if (snapshot !== undefined && snapshot.lastIncludedIndex < current) {
        broken(id, `${node.id} replaces the snapshot of ${current} by one of ${snapshot.lastIncludedIndex}`);
      }
      if (truncateFrom !== undefined && truncateFrom <= Math.max(current, snapshot?.lastIncludedIndex ?? 0)) {
        broken(id, `${node.id} cuts its log at ${truncateFrom}, under its snapshot`);
      }
      appends(node, batch, model);
    },
  }),
};

function appends(node: Subject, { entries, snapshot, truncateFrom }: WriteBatch, model: LogModel): void {
  const replaces = snapshot !== undefined && model.termAt(snapshot.lastIncludedIndex) !== snapshot.lastIncludedTerm;
  let last = replaces ? snapshot.lastIncludedIndex : model.lastIndex;
  if (truncateFrom !== undefined) last = Math.min(last, truncateFrom - 1);
  let term = replaces && last === snapshot.lastIncludedIndex ? snapshot.lastIncludedTerm : model.termAt(last);
  for (const entry of entries) {
    if (entry.index !== last + 1) broken(id, `${node.id} appends ${entry.index} behind ${last}`);
    if (entry.term < term) broken(id, `${node.id} appends ${entry.index} of term ${entry.term} behind term ${term}`);
    last = entry.index;
    term = entry.term;
  }
}
