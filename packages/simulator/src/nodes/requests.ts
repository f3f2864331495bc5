import type { Outcome, ReadOutcome } from '@raft/core/protocol';
import type { KvResult } from '../clients/kv-machine.ts';
import type { ClientOutcome } from '../clients/operation.ts';
import { demand } from '../invariants/violation.ts';
import type { NodeRequest } from './simulated-node.ts';

type Settled = (id: number, outcome: ClientOutcome) => void;

interface Open {
  readonly request: NodeRequest;
  readonly settled: Settled;
  told: boolean;
}

interface Applied {
  readonly term: number;
  readonly result: KvResult | undefined;
}

/** As many results as this are kept for proposals whose place is told late: by then they have been applied here. */
const keptResults = 256;

/** What was asked of one process, and waits: for a place in the log and then for that place to be applied, or for a read's index (thesis §6.4). */
export class Requests {
  private readonly open = new Map<number, Open>();
  /** Proposals by the index at which they were appended. */
  private readonly places = new Map<number, { readonly id: number; readonly term: number }[]>();
  private readonly recent = new Map<number, Applied>();
  private readonly expired = new Set<number>();
  private reads: { readonly id: number; readonly index: number }[] = [];
  private readonly node: string;
  private readonly read: (key: string) => { readonly index: number; readonly result: KvResult };

  constructor(node: string, read: (key: string) => { readonly index: number; readonly result: KvResult }) {
    this.node = node;
    this.read = read;
  }

  add(request: NodeRequest, settled: Settled): void {
    this.open.set(request.id, { request, settled, told: false });
  }

  /** Nobody has told what became of it: whoever would have may be gone. */
  expire(id: number): void {
    if (!this.open.has(id)) return;
    this.expired.add(id);
    this.settle(id, { type: 'unknown' });
  }

  /** The protocol says what became of a proposal, as far as it knows. */
  outcome(outcome: Outcome, appliedIndex: number): void {
    const open = this.known(outcome.id, 'command');
    if (open === undefined) return;
    demand(!open.told, 'I16', () => `${this.node} tells a second outcome of ${outcome.id}`);
    open.told = true;
    if ('rejected' in outcome) {
      this.settle(outcome.id, { type: 'rejected' });
      return;
    }
    const { index, term } = outcome.appended;
    const applied = this.recent.get(index);
    if (applied !== undefined) {
      this.resolve({ id: outcome.id, index, term }, applied);
    } else if (index <= appliedIndex) {
      // A snapshot passed it, or it is too long ago.
      this.settle(outcome.id, { type: 'unknown' });
    } else {
      const there = this.places.get(index) ?? [];
      this.places.set(index, there);
      there.push({ id: outcome.id, term });
    }
  }

  readOutcome(outcome: ReadOutcome): void {
    this.known(outcome.id, 'read');
    if ('rejected' in outcome) this.settle(outcome.id, { type: 'rejected' });
    else this.reads.push({ id: outcome.id, index: outcome.index });
  }

  /** The state machine has applied this entry. */
  applied(index: number, applied: Applied): void {
    this.recent.set(index, applied);
    this.recent.delete(index - keptResults);
    const here = this.places.get(index);
    if (here === undefined) return;
    this.places.delete(index);
    for (const { id, term } of here) this.resolve({ id, index, term }, applied);
  }

  /** A snapshot has replaced the state: nobody says what became of what it passed. */
  restored(index: number): void {
    this.recent.clear();
    for (const [at, here] of this.places) {
      if (at > index) continue;
      this.places.delete(at);
      for (const { id } of here) this.settle(id, { type: 'unknown' });
    }
  }

  serveReads(appliedIndex: number): void {
    if (this.reads.length === 0) return;
    const due = this.reads.filter(({ index }) => index <= appliedIndex);
    if (due.length === 0) return;
    this.reads = this.reads.filter(({ index }) => index > appliedIndex);
    for (const { id } of due) {
      const request = this.known(id, 'read')?.request;
      if (request?.kind === 'read') this.settle(id, { type: 'ok', ...this.read(String(request.query)) });
    }
  }

  private resolve({ id, index, term }: { readonly id: number; readonly index: number; readonly term: number }, applied: Applied): void {
    if (applied.term !== term) {
      // Overwritten: another entry was committed in its place (paper §5.3).
      this.settle(id, { type: 'rejected' });
      return;
    }
    const { result } = applied;
    demand(result !== undefined, 'I16', () => `${this.node} finds no command at ${index}@${term}, where operation ${id} was appended`);
    this.settle(id, { type: 'ok', index, result });
  }

  private settle(id: number, outcome: ClientOutcome): void {
    const open = this.open.get(id);
    this.open.delete(id);
    open?.settled(id, outcome);
  }

  private known(id: number, kind: NodeRequest['kind']): Open | undefined {
    const open = this.open.get(id);
    if (open === undefined && this.expired.has(id)) return undefined;
    demand(open?.request.kind === kind, 'I16', () => `${this.node} tells the outcome of ${kind} ${id}, which it was not asked or has told`);
    return open;
  }
}
