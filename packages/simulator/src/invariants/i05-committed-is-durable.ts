import type { Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'I05';

/** What is called committed is durable on the disks of a majority, and what a node believes durable is on its disk. */
export const committedIsDurable: Invariant = {
  id,
  name: 'committed means durable on a majority',
  paper: '§5.3; thesis §10.2.1',
  tla: 'QuorumLogInv',
  watch: ({ ledger, disks }) => ({
    stepped(node, { durableIndex }) {
      const { disk } = node;
      if (durableIndex <= disk.lastIndex || durableIndex <= (disk.snapshot?.meta.lastIncludedIndex ?? 0)) return;
      broken(id, `${node.id} believes ${durableIndex} durable, on disk is ${disk.lastIndex}`);
    },
    committed(node, index) {
      const term = ledger.life(node).model.termAt(index);
      const voters = ledger.configuration?.voters ?? [];
      let holders = 0;
      for (const disk of disks()) {
        if (disk.covers(index, term) && voters.some(({ storageId }) => storageId === disk.storageId)) holders++;
      }
      if (holders * 2 <= voters.length) {
        broken(id, `${node.id} commits ${index}@${term}, durable on ${holders} of ${voters.length} disks`);
      }
    },
  }),
};
