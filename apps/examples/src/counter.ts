import type { StateMachine } from '@raft/core';

/** What is replicated: a total. A command is one byte, the amount to add. */
export function counter(): StateMachine<number, void, number> {
  let total = 0;
  return {
    apply: ({ data: [amount = 0] }) => {
      total += amount;
      return total;
    },
    query: () => total,
    snapshot: () => new Blob([String(total)]).stream(),
    restore: async (chunks) => {
      let digits = '';
      for await (const chunk of chunks) digits += String.fromCharCode(...chunk);
      total = Number(digits);
    },
  };
}
