import type { Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'I20';

/** Windows, batches and what is handed out to be applied stay within the limits that the configuration names. */
export const bounded: Invariant = {
  id,
  name: 'windows, batches and queues keep their limits',
  paper: 'thesis §10.2',
  partWaitsFor: 'sessions',
  watch: ({ ledger, limits }) => {
    if (limits === undefined) return {};
    const { maxInflightMessages, maxAppendBytes, maxApplyingEntries } = limits;
    return {
      leading(node, { followers }) {
        for (const peer in followers) {
          const open = followers[peer]?.inflightMessages ?? 0;
          if (open > maxInflightMessages) broken(id, `${node.id} has ${open} appends under way to ${peer}`);
        }
      },
      took(node, { committed }) {
        if (committed === undefined) return;
        const { applied, snapshotIndex } = ledger.life(node);
        const waiting = committed.to - Math.max(applied, snapshotIndex);
        if (waiting > maxApplyingEntries) broken(id, `${node.id} hands out ${waiting} entries to apply`);
      },
      sends(node, _to, message) {
        if (message.type !== 'AppendEntries' || message.entries.length < 2) return;
        let bytes = 0;
        for (const entry of message.entries) bytes += entry.bytes.length;
        if (bytes > maxAppendBytes) broken(id, `${node.id} sends ${bytes} bytes of entries in one message`);
      },
    };
  },
};
