import type { Oracle } from '../invariants/oracle.ts';
import type { NodeRequest, SimulatedNode } from '../nodes/simulated-node.ts';
import type { EventQueue } from '../world/event-queue.ts';
import type { ClientPlan } from '../world/plan.ts';
import { Random } from '../world/random.ts';
import { encodeOperation } from './kv-machine.ts';
import type { ClientOperation, ClientOutcome } from './operation.ts';

export interface ClientsOptions {
  readonly seed: number;
  readonly plan: ClientPlan;
  readonly nodes: readonly SimulatedNode[];
  readonly queue: EventQueue;
  readonly oracle: Oracle;
  /** Operations that a shrunk plan leaves out. */
  readonly without: ReadonlySet<number>;
  /** What they ask; {@link kvWorkload} by default. */
  readonly workload?: Workload;
}

/** Draws what a client asks next. All draws of one burst are alike: commands, or one query. */
export interface Workload {
  draw(client: WorkloadClient, reads: boolean): ClientOperation['request'];
}

export interface WorkloadClient {
  readonly number: number;
  readonly random: Random;
  readonly begun: number;
  /** What it saw last of each key. */
  readonly seen: ReadonlyMap<string, string | null>;
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
  private readonly workload: Workload;
  private quiet = false;

  constructor(options: ClientsOptions) {
    this.options = options;
    this.workload = options.workload ?? kvWorkload(options.plan.keys);
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
    const step = (reads: boolean, next: () => void) => {
      const request = this.workload.draw(client, reads);
      const asked = () =>
        this.ask(client, node, [request], ({ type }) => {
          if (type === 'ok') next();
          else queue.after(retryAfter, asked);
        });
      asked();
    };
    step(false, () => step(true, done));
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

  /** Whoever was turned away comes back soon. */
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
    const requests = Array.from({ length: burst }, () => this.workload.draw(client, reads));
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
      this.open.set(id, { operation, settled: (outcome) => this.note(client, request, outcome, settled) });
      oracle.invoked(operation);
      sent.push(toNode(id, request, padding));
    }
    if (node.up) node.submit(sent, (id, outcome) => this.end(id, outcome));
    else for (const { id } of sent) queue.after(1000, () => this.end(id, { type: 'rejected' }));
  }

  private note(
    client: Client,
    request: ClientOperation['request'],
    outcome: ClientOutcome,
    settled: (outcome: ClientOutcome) => void,
  ): void {
    if (outcome.type === 'ok' && 'key' in request) client.seen.set(request.key, outcome.result.value);
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

/** Puts, appends, compare-and-swaps, deletions and reads of so many keys. */
function kvWorkload(keys: number): Workload {
  return {
    draw({ number, random, begun, seen }, reads) {
      const key = `k${random.between(0, keys - 1)}`;
      const value = `${number}.${begun + random.between(0, 9999) * 1000}`;
      if (reads) return { kind: 'read', key };
      const kind = random.pick(['put', 'put', 'append', 'append', 'compareAndSwap', 'delete'] as const);
      if (kind === 'delete') return { kind, key };
      return kind === 'compareAndSwap' ? { kind, key, expected: seen.get(key) ?? null, value } : { kind, key, value };
    },
  };
}

function toNode(id: number, request: ClientOperation['request'], padding: number): NodeRequest {
  switch (request.kind) {
    case 'read':
      return { kind: 'read', id, query: request.key };
    case 'query':
      return { kind: 'read', id, query: request.input };
    case 'command':
      return { kind: 'command', id, data: request.data };
    default:
      return { kind: 'command', id, data: encodeOperation({ id, command: request }, padding) };
  }
}
