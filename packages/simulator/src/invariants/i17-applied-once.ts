import type { Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'I17';

/** What a client asked for once is applied once, however often messages come. Retries of the client are of another number: they need sessions. */
export const appliedOnce: Invariant = {
  id,
  name: 'an operation is applied once',
  paper: '§8; thesis §6.3',
  partWaitsFor: 'sessions',
  watch: ({ ledger }) => ({
    executes(operation, { entry }) {
      const earlier = ledger.placeOf(operation.id);
      if (earlier !== undefined) broken(id, `operation ${operation.id} is applied at ${earlier} and at ${entry.index}`);
    },
  }),
};
