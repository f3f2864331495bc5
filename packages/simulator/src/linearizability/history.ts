import type { ClientOperation, ClientOutcome } from '../clients/operation.ts';
import type { Observer } from '../invariants/observer.ts';
import type { KvAnswer, KvInput } from './kv-model.ts';

/** One operation as its client saw it. Times are of one clock, in any unit. */
export interface HistoryOperation<Input, Output> {
  readonly client: number;
  readonly input: Input;
  readonly invokedAt: number;
  /** Undefined: nobody knows. It may have taken effect at any time after its invocation, may yet, or never will. */
  readonly returned: { readonly at: number; readonly output: Output } | undefined;
}

export type History<Input, Output> = readonly HistoryOperation<Input, Output>[];

/**
 * What clients of the simulated cluster saw, as a history of the key-value machine. Operations that were rejected are left out: they did not happen
 * (and one that did, all the same, shows in what others read). Those that have not returned are unknown.
 */
export class ClientHistory implements Observer {
  private readonly operations = new Map<number, HistoryOperation<KvInput, KvAnswer>>();
  private readonly now: () => number;

  /** `now`: the clock that gave operations their `invokedAt`, in microseconds. */
  constructor(now: () => number) {
    this.now = now;
  }

  invoked({ id, client, request, invokedAt }: ClientOperation): void {
    if (request.kind === 'command' || request.kind === 'query') return;
    this.operations.set(id, { client, input: request, invokedAt, returned: undefined });
  }

  returned({ id }: ClientOperation, outcome: ClientOutcome): void {
    const operation = this.operations.get(id);
    if (outcome.type === 'unknown' || operation === undefined) return;
    if (outcome.type === 'rejected') this.operations.delete(id);
    else this.operations.set(id, { ...operation, returned: { at: this.now(), output: outcome.result } });
  }

  /** So far, in the order of invocation. */
  get history(): History<KvInput, KvAnswer> {
    return [...this.operations.values()];
  }
}
