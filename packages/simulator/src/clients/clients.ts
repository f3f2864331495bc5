import type { Oracle } from '../invariants/oracle.ts';
import type { NodeRequest, SimulatedNode } from '../nodes/simulated-node.ts';
import type { EventQueue } from '../world/event-queue.ts';
import type { ClientPlan } from '../world/plan.ts';
import { Random } from '../world/random.ts';
import { encodeOperation, type KvCommand } from './kv-machine.ts';
import type { ClientOperation, ClientOutcome } from './operation.ts';

export interface ClientsOptions {
  readonly seed: number;
  readonly plan: ClientPlan;
  readonly nodes: readonly SimulatedNode[];
  readonly queue: EventQueue;
  readonly oracle: Oracle;
  /** Operations that a shrunk plan leaves out. */
  readonly without: ReadonlySet<number>;
}

/** One of them, and where it stands. */
interface Client {
  readonly number: number;
  readonly random: Random;
  /** A node that it never leaves. */
  readonly pinned: number | undefined;
  begun: number;
  /** Those that were not rejected. */
  done: number;
  /** What it saw last of each key: what it expects in a compare-and-swap. */
  readonly seen: Map<string, string | null>;
}

interface Open {
  readonly operation: ClientOperation;
  readonly settled: (outcome: ClientOutcome) => void;
}

/** Ids of operations tell their clients apart, so that what one client does changes no id of another's. */
const clientsAtMost = 32;

/**
 * Clients that put, append, compare and swap, delete and read. One that has waited long enough goes on with something else, as a person would; what it
 * asked stays open, and whatever comes of it must be right all the same.
 */
export class Clients {
  private readonly options: ClientsOptions;
  private readonly open = new Map<number, Open>();
  private quiet = false;

  constructor(options: ClientsOptions) {
    this.options = options;
  }

  start(): void {
    const { plan, nodes } = this.options;
    for (let number = 0; number < plan.count; number++) {
      const client = this.newClient(number);
      this.think({ ...client, pinned: client.random.chance(plan.pinned) ? client.random.between(0, nodes.length - 1) : undefined }, false);
    }
  }

  /** Nobody begins anything new. */
  stop(): void {
    this.quiet = true;
  }

  /** One write, then one read, through this node, each asked again every so often until it is served. */
  insist(node: number, retryAfter: number, done: () => void): void {
    const { queue, plan } = this.options;
    const client = this.newClient(plan.count + node);
    const key = `k${client.random.between(0, plan.keys - 1)}`;
    const again = (step: () => void) => (outcome: ClientOutcome, next: () => void) =>
      outcome.type === 'ok' ? next() : queue.after(retryAfter, step);
    const read = () => this.ask(client, node, [{ kind: 'read', key }], (outcome) => again(read)(outcome, done));
    const write = () => this.ask(client, node, [{ kind: 'append', key, value: '!' }], (outcome) => again(write)(outcome, read));
    write();
  }

  /** Everything that its process held is lost, and whoever asked finds out. */
  crashed(node: number): void {
    for (const [id, { operation }] of this.open) if (operation.node === node) this.end(id, { type: 'unknown' });
  }

  /** The history is over: what is open stays unknown. */
  close(): void {
    for (const id of [...this.open.keys()]) this.end(id, { type: 'unknown' });
  }

  private newClient(number: number): Client {
    return { number, random: new Random(this.options.seed, `client ${number}`), pinned: undefined, begun: 0, done: 0, seen: new Map() };
  }

  /** Whoever was turned away comes back soon, and not for the same node. */
  private think(client: Client, turnedAway: boolean): void {
    const { plan, queue } = this.options;
    if (client.done * plan.count >= plan.operations) return;
    queue.after(client.random.tailed(turnedAway ? plan.retryAfter : plan.thinking), () => {
      if (!this.quiet) this.act(client);
    });
  }

  private act(client: Client): void {
    const { plan, queue } = this.options;
    const { random } = client;
    const node = this.choose(client);
    const reads = random.chance(plan.readShare);
    const burst = reads ? 1 : random.between(1, plan.burst);
    const requests = Array.from({ length: burst }, () => this.drawRequest(client, reads));
    let waiting = burst;
    let rejected = 0;
    const goOn = () => {
      waiting = Number.POSITIVE_INFINITY;
      client.done += burst - rejected;
      this.think(client, rejected > 0);
    };
    queue.after(plan.patience, () => {
      if (waiting <= burst) goOn();
    });
    this.ask(client, node, requests, ({ type }) => {
      waiting--;
      if (type === 'rejected') rejected++;
      if (waiting === 0) goOn();
    });
  }

  private drawRequest(client: Client, reads: boolean): ClientOperation['request'] {
    const { random } = client;
    const key = `k${random.between(0, this.options.plan.keys - 1)}`;
    const value = `${client.number}.${client.begun + random.between(0, 9999) * 1000}`;
    if (reads) return { kind: 'read', key };
    const kind = random.pick(['put', 'put', 'append', 'append', 'compareAndSwap', 'delete'] as const);
    if (kind === 'delete') return { kind, key };
    return kind === 'compareAndSwap' ? { kind, key, expected: client.seen.get(key) ?? null, value } : { kind, key, value };
  }

  private choose({ random, pinned }: Client): number {
    const { nodes, plan } = this.options;
    const towardsLeader = random.chance(plan.toLeader);
    const drawn = random.between(0, nodes.length - 1);
    const leaders = towardsLeader ? nodes.filter((node) => node.leads) : [];
    return leaders[drawn % Math.max(1, leaders.length)]?.index ?? pinned ?? drawn;
  }

  private ask(
    client: Client,
    at: number,
    requests: readonly ClientOperation['request'][],
    settled: (outcome: ClientOutcome) => void,
  ): void {
    const { nodes, queue, oracle, without, plan } = this.options;
    const node = nodes[at];
    if (node === undefined) throw new Error(`no node ${at}`);
    const sent: NodeRequest[] = [];
    for (const request of requests) {
      const id = client.number + clientsAtMost * ++client.begun;
      const padding = client.random.between(0, plan.padding);
      if (without.has(id)) {
        queue.after(1000, () => settled({ type: 'unknown' }));
        continue;
      }
      const operation = { id, client: client.number, node: at, life: node.life, request, invokedAt: queue.now };
      this.open.set(id, { operation, settled: (outcome) => this.note(client, request.key, outcome, settled) });
      oracle.invoked(operation);
      sent.push(
        request.kind === 'read'
          ? { ...request, id }
          : { kind: 'command', id, data: encodeOperation({ id, command: request as KvCommand }, padding) },
      );
    }
    if (node.up) node.submit(sent, (id, outcome) => this.end(id, outcome));
    else for (const { id } of sent) queue.after(1000, () => this.end(id, { type: 'rejected' }));
  }

  private note(client: Client, key: string, outcome: ClientOutcome, settled: (outcome: ClientOutcome) => void): void {
    if (outcome.type === 'ok') client.seen.set(key, outcome.result.value);
    settled(outcome);
  }

  private end(id: number, outcome: ClientOutcome): void {
    const open = this.open.get(id);
    if (open === undefined) return;
    this.open.delete(id);
    this.options.oracle.returned(open.operation, outcome);
    // The next step of a client is an event of its own: nothing calls back into a process that is at work.
    this.options.queue.after(0, () => open.settled(outcome));
  }
}
