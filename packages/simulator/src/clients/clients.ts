import type { Outcome, ReadOutcome } from '@raft/core/protocol';
import { encodeOperation } from './machine.ts';
import type { Random } from '../world/random.ts';
import type { ProtocolNode, World } from '../nodes/protocol-node.ts';
import { demand } from '../invariants/violation.ts';

interface Operation {
  readonly id: number;
  readonly kind: 'write' | 'read';
  readonly node: number;
  readonly life: number;
  /** The latest point of the log that anybody had seen when this operation began. */
  readonly floor: number;
  readonly settled: (served: boolean) => void;
  open: boolean;
}

interface Place {
  readonly index: number;
  readonly term: number;
}

/**
 * Clients, and their history held against the order of the log as the witness (I15): an operation takes its place at
 * an index, and whatever ended before it began must have taken an earlier one.
 */
export class Clients {
  private readonly world: World;
  private readonly nodes: readonly ProtocolNode[];
  private readonly random: Random;
  private lastId = 0;
  private seen = 0;
  private quiet = false;
  private readonly operations = new Map<number, Operation>();
  private readonly rejected: number[] = [];
  private readonly appended = new Map<number, Place>();
  /** Per node: appended, and not applied there yet. */
  private readonly waiting: Map<number, Operation[]>[];
  private readonly readsWaiting: { readonly operation: Operation; readonly index: number }[][];

  constructor(world: World, nodes: readonly ProtocolNode[]) {
    this.world = world;
    this.nodes = nodes;
    this.random = world.randomOf('clients');
    this.waiting = nodes.map(() => new Map());
    this.readsWaiting = nodes.map(() => []);
  }

  start(): void {
    for (let client = 0; client < this.world.knobs.clients.count; client++) {
      this.think(this.random.chance(this.world.knobs.clients.pinned) ? this.random.between(0, this.nodes.length - 1) : undefined);
    }
  }

  stop(): void {
    this.quiet = true;
  }

  /** One write, then one read, through this node, each asked again until it is served. */
  insist(node: number, done: () => void): void {
    const retry = this.world.knobs.config.electionTimeoutMs * 100;
    const read = () => this.begin('read', node, (served) => (served ? done() : this.world.queue.after(retry, read)));
    const write = () => this.begin('write', node, (served) => (served ? read() : this.world.queue.after(retry, write)));
    write();
  }

  private think(pinned: number | undefined): void {
    const { clients } = this.world.knobs;
    // Many operations prove no more than some: whoever had his share becomes slow.
    const hurry = this.lastId > 250 ? 10 : 1;
    this.world.queue.after(this.random.tailed(clients.thinking * hurry), () => {
      if (this.quiet) return;
      const node = this.choose(pinned);
      const kind = this.random.chance(clients.readShare) ? 'read' : 'write';
      let open = kind === 'write' ? this.random.between(1, clients.burst) : 1;
      const settled = () => {
        open--;
        if (open === 0) this.think(pinned);
      };
      this.begin(kind, node, settled, open);
    });
  }

  private choose(pinned: number | undefined): number {
    const leaders = this.nodes.filter((node) => node.leads);
    if (leaders.length > 0 && this.random.chance(this.world.knobs.clients.toLeader)) return this.random.pick(leaders).index;
    return pinned ?? this.random.between(0, this.nodes.length - 1);
  }

  private begin(kind: 'write' | 'read', at: number, settled: (served: boolean) => void, count = 1): void {
    const node = this.nodes[at];
    if (node === undefined) throw new Error(`no node ${at}`);
    const begun: Operation[] = [];
    for (let made = 0; made < count; made++) {
      const id = ++this.lastId;
      const operation = { id, kind, node: at, life: node.life, floor: this.seen, settled, open: true };
      begun.push(operation);
      this.operations.set(id, operation);
      this.world.queue.after(this.world.knobs.clients.patience, () => this.settle(operation, 'unknown'));
    }
    if (!node.up) {
      for (const operation of begun) this.world.queue.after(1000, () => this.settle(operation, 'unknown'));
    } else if (kind === 'read') {
      node.deliver({ type: 'Read', id: begun[0]?.id ?? 0 });
    } else {
      const { valueBytes } = this.world.knobs.clients;
      const proposals = begun.map(({ id }) => ({ id, data: encodeOperation(id, this.random.between(0, valueBytes)) }));
      node.deliver({ type: 'Propose', proposals });
    }
  }

  outcome(node: number, outcome: Outcome): void {
    const operation = this.operations.get(outcome.id);
    const known = operation?.kind === 'write' && operation.node === node;
    demand(known, 'I16', () => `n${node} tells the outcome of ${outcome.id}, which it was not asked`);
    demand(!this.appended.has(outcome.id), 'I16', () => `n${node} tells a second outcome of ${outcome.id}`);
    if ('rejected' in outcome) {
      this.world.trace.note(this.world.queue.now, node, 'rejected', () => `operation ${outcome.id}: ${outcome.rejected}`);
      demand(!this.world.checks.appliedAt.has(outcome.id), 'I16', () => `n${node} rejects ${outcome.id}, which was applied`);
      this.rejected.push(outcome.id);
      this.settle(operation, 'rejected');
      return;
    }
    this.world.trace.note(
      this.world.queue.now,
      node,
      'appended',
      () => `operation ${outcome.id} at ${outcome.appended.index}@${outcome.appended.term}`,
    );
    this.appended.set(outcome.id, outcome.appended);
    const { index } = outcome.appended;
    const applied = this.nodes[node]?.applier.machine.index ?? 0;
    if (index <= applied) {
      this.resolve(operation, outcome.appended);
      return;
    }
    const there = this.waiting[node]?.get(index);
    if (there === undefined) this.waiting[node]?.set(index, [operation]);
    else there.push(operation);
  }

  read(node: number, outcome: ReadOutcome): void {
    const operation = this.operations.get(outcome.id);
    const known = operation?.kind === 'read' && operation.node === node;
    demand(known, 'I16', () => `n${node} tells the outcome of read ${outcome.id}, which it was not asked`);
    if ('rejected' in outcome) {
      this.settle(operation, 'rejected');
      return;
    }
    this.readsWaiting[node]?.push({ operation, index: outcome.index });
    this.world.queue.after(0, () => this.serveReads(node));
  }

  /** A node has applied up to `index`: proposals that wait there learn their fate, reads are served. */
  applied(node: number, index: number): void {
    const waiting = this.waiting[node];
    if (waiting !== undefined) {
      for (const [at, operations] of waiting) {
        if (at > index) continue;
        waiting.delete(at);
        for (const operation of operations) {
          const place = this.appended.get(operation.id);
          if (place !== undefined) this.resolve(operation, place);
        }
      }
    }
    this.serveReads(node);
  }

  /** Everything that its process held is lost. */
  crashed(node: number): void {
    for (const operations of this.waiting[node]?.values() ?? []) for (const operation of operations) this.settleSoon(operation);
    for (const { operation } of this.readsWaiting[node] ?? []) this.settleSoon(operation);
    this.waiting[node]?.clear();
    this.readsWaiting[node]?.splice(0);
    for (const operation of this.operations.values()) if (operation.node === node && operation.open) this.settleSoon(operation);
  }

  /** At the end: what was rejected was never applied, what was appended and committed there is there. */
  verify(): void {
    const { checks } = this.world;
    for (const id of this.rejected)
      demand(!checks.appliedAt.has(id), 'I16', () => `operation ${id} was rejected and applied at ${checks.appliedAt.get(id)}`);
    for (const [id, { index, term }] of this.appended) {
      if (checks.machineAt(index) === undefined) continue;
      const expected = checks.committed[index]?.term === term ? index : undefined;
      demand(
        checks.appliedAt.get(id) === expected,
        'I16',
        () => `operation ${id} was appended at ${index}@${term}, it was applied at ${checks.appliedAt.get(id)}`,
      );
    }
  }

  private serveReads(node: number): void {
    const waiting = this.readsWaiting[node] ?? [];
    const process = this.nodes[node];
    if (process === undefined || !process.up) return;
    const position = process.applier.machine.index;
    for (const read of waiting.filter(({ index }) => index <= position)) {
      waiting.splice(waiting.indexOf(read), 1);
      const { operation } = read;
      this.world.trace.note(this.world.queue.now, node, 'serve', () => `read ${operation.id} at ${position}, asked at ${operation.floor}`);
      demand(
        position >= operation.floor,
        'I15',
        () => `n${node} serves read ${operation.id} from ${position}: ${operation.floor} was seen before it began`,
      );
      // Nobody sees the answer when the client has gone away; right it must be all the same.
      if (!operation.open) continue;
      this.seen = Math.max(this.seen, position);
      this.settle(operation, 'served');
    }
  }

  private resolve(operation: Operation, { index, term }: Place): void {
    const { checks, stats } = this.world;
    if (checks.committed[index]?.term !== term) {
      stats.overwritten++;
      demand(
        !checks.appliedAt.has(operation.id),
        'I16',
        () => `operation ${operation.id} was overwritten at ${index}@${term} and applied at ${checks.appliedAt.get(operation.id)}`,
      );
      this.settle(operation, 'rejected');
      return;
    }
    demand(
      checks.appliedAt.get(operation.id) === index,
      'I16',
      () => `operation ${operation.id} is not what was committed at ${index}@${term}`,
    );
    if (!operation.open) return;
    demand(
      index > operation.floor,
      'I15',
      () => `operation ${operation.id} takes place ${index}: ${operation.floor} was seen before it began`,
    );
    this.seen = Math.max(this.seen, index);
    this.settle(operation, 'served');
  }

  private settleSoon(operation: Operation): void {
    this.world.queue.after(this.random.tailed(1000), () => this.settle(operation, 'unknown'));
  }

  private settle(operation: Operation, how: 'served' | 'rejected' | 'unknown'): void {
    if (!operation.open) return;
    operation.open = false;
    const { stats } = this.world;
    if (operation.kind === 'read') {
      if (how === 'served') stats.readsServed++;
      else stats.readsRejected++;
    } else if (how === 'served') stats.committed++;
    else if (how === 'rejected') stats.rejected++;
    else stats.unknown++;
    // The next step of a client is an event of its own: nothing calls back into a process that is at work.
    this.world.queue.after(0, () => operation.settled(how === 'served'));
  }
}
