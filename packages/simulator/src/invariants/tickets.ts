import type { Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'tickets';

/** Tickets only grow, and no message waits for one that was never handed out. */
export const tickets: Invariant = {
  id,
  name: 'tickets only grow, and messages wait for tickets that exist',
  paper: 'this design',
  watch: () => {
    /** Node → the last one of its present life. */
    const last: number[] = [];
    return {
      started(node) {
        last[node.index] = 0;
      },
      took(node, { write, messagesAfter }) {
        const before = last[node.index] ?? 0;
        if (write !== undefined && write.ticket <= before) broken(id, `${node.id} hands out ticket ${write.ticket} after ${before}`);
        const newest = write?.ticket ?? before;
        last[node.index] = newest;
        for (const { ticket } of messagesAfter) {
          if (ticket > newest) broken(id, `${node.id} holds a message for ticket ${ticket}, the last one is ${newest}`);
        }
      },
    };
  },
};
