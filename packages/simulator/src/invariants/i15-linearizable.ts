import type { ClientOperation } from '../clients/operation.ts';
import type { Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'I15';

/**
 * The order of the log is the witness: an operation takes effect at its index, and whatever ended before it began took an earlier one. A read takes
 * effect behind the last entry that was applied where it was served, and finds what the log says is there.
 */
export const linearizable: Invariant = {
  id,
  name: 'clients see one linear history',
  paper: '§8; thesis §6.3, §6.4',
  watch: ({ ledger }) => {
    /** Operation → the latest point of the log that any client had heard of when it began. */
    const floors = new Map<number, number>();
    const reads = (operation: ClientOperation, key: string, index: number, value: string | null): void => {
      const held = ledger.valueAt(key, index);
      if (value !== held) {
        broken(id, `read ${operation.id} of ${key} at ${index} finds ${JSON.stringify(value)}, the log holds ${JSON.stringify(held)}`);
      }
    };
    return {
      invoked({ id: operation }) {
        floors.set(operation, ledger.acknowledgedIndex);
      },
      returned(operation, outcome) {
        const floor = floors.get(operation.id) ?? 0;
        floors.delete(operation.id);
        if (outcome.type !== 'ok') return;
        const { index, result } = outcome;
        const { request } = operation;
        const isRead = request.kind === 'read' || request.kind === 'query';
        if (isRead ? index < floor : index <= floor) {
          broken(id, `${request.kind} ${operation.id} takes place at ${index}: ${floor} was seen before it began`);
        }
        if (request.kind === 'read') reads(operation, request.key, index, result.value);
      },
    };
  },
};
