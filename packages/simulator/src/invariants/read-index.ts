import type { Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'read-index';

/** The index that a leader gives a follower's read is never behind what a client had heard of when the follower asked. */
export const readIndex: Invariant = {
  id,
  name: 'a read index is never behind an acknowledged write',
  paper: '§8; thesis §6.4',
  watch: ({ ledger }) => {
    /** Life of the asker and number → what was acknowledged when it first asked. */
    const floors = new Map<number, Map<number, number>>();
    return {
      sends(node, to, message) {
        if (message.type === 'ReadIndex') {
          const asked = floors.get(message.source) ?? new Map<number, number>();
          floors.set(message.source, asked);
          if (!asked.has(message.id)) asked.set(message.id, ledger.acknowledgedIndex);
        } else if (message.type === 'ReadIndexReply' && message.index !== null) {
          const floor = floors.get(message.source)?.get(message.id) ?? 0;
          if (message.index < floor) {
            broken(id, `${node.id} tells ${to.id} read index ${message.index}: ${floor} was acknowledged before it asked`);
          }
        }
      },
    };
  },
};
