import type { Message } from '@raft/wire';
import type { KvResult } from '../clients/kv-machine.ts';
import type { ClientOperation, ClientOutcome } from '../clients/operation.ts';
import type { Context, Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'I16';

/**
 * A reply belongs to its request. Of a client's operation: a result is that of this very operation, a rejected one never happened and never will, and
 * each ends once. Of messages: an answer is to a read round or a snapshot that the leader of its term sent.
 */
export const repliesBelong: Invariant = {
  id,
  name: 'a reply belongs to its request, and a rejected operation never happens',
  paper: '§8',
  watch: (context) => ({ ...watchClients(context), ...watchMessages(context) }),
};

function watchClients({ ledger }: Context): ReturnType<Invariant['watch']> {
  const open = new Set<number>();
  const rejected = new Set<number>();
  const ends = (operation: ClientOperation, outcome: ClientOutcome & { readonly type: 'ok' }): void => {
    if (operation.request.kind === 'read' || operation.request.kind === 'query') return;
    const { index, result } = outcome;
    const place = ledger.placeOf(operation.id);
    if (place !== index) broken(id, `operation ${operation.id} is told that it took place at ${index}, it was applied at ${place}`);
    const known = ledger.canonicalAt(index)?.result;
    if (known === undefined || !sameResult(known, result)) {
      broken(id, `operation ${operation.id} at ${index} is told ${JSON.stringify(result)}, its result was ${JSON.stringify(known)}`);
    }
  };
  return {
    invoked(operation) {
      open.add(operation.id);
    },
    returned(operation, outcome) {
      if (!open.delete(operation.id)) broken(id, `n${operation.node} tells the outcome of ${operation.id}, which waits for none`);
      if (outcome.type === 'ok') ends(operation, outcome);
      if (outcome.type !== 'rejected') return;
      const place = ledger.placeOf(operation.id);
      if (place !== undefined) broken(id, `operation ${operation.id} is rejected, and was applied at ${place}`);
      rejected.add(operation.id);
    },
    executes(operation, { entry }) {
      if (rejected.has(operation.id)) broken(id, `operation ${operation.id} was rejected, and is applied at ${entry.index}`);
    },
  };
}

function watchMessages({ ledger }: Context): ReturnType<Invariant['watch']> {
  /** The highest read round that the leader of a term asked for. */
  const rounds = new Map<number, number>();
  const answers = (node: string, { round, term }: Message & { type: 'AppendEntriesReply' | 'InstallSnapshotReply' }): void => {
    const asked = rounds.get(term) ?? 0;
    if (round > asked) broken(id, `${node} answers round ${round} of term ${term}, the last one asked was ${asked}`);
  };
  return {
    sends(node, _to, message) {
      if (message.type === 'AppendEntries' || message.type === 'InstallSnapshot') {
        if (message.round > (rounds.get(message.term) ?? 0)) rounds.set(message.term, message.round);
      } else if (message.type === 'AppendEntriesReply') {
        answers(node.id, message);
      } else if (message.type === 'InstallSnapshotReply') {
        answers(node.id, message);
        const { installed, term, transfer } = message;
        if (installed && ledger.transferOf(node.id, term, transfer) === undefined) {
          broken(id, `${node.id} has installed transfer ${transfer} of term ${term}, which nobody sent it`);
        }
      }
    },
  };
}

function sameResult(one: KvResult, other: KvResult): boolean {
  return one.value === other.value && one.swapped === other.swapped;
}
