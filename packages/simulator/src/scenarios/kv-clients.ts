import type { ClientOutcome, KvRequest } from '../clients/operation.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';

/** One of them: it waits for an answer before it asks for the next thing, but not for ever. */
interface Client {
  readonly number: number;
  /** Whom it asks first: who served it last. */
  node: number;
  begun: number;
  /** What it read last, by key. */
  readonly seen: Map<string, string | null>;
}

/** Clients of the key-value machine. Each asks, waits, and thinks; nobody knows what becomes of that for which it waited in vain. */
export class KvClients {
  served = 0;
  private readonly cluster: ScenarioCluster;
  private readonly keys: number;
  private readonly patienceMs: number;
  /** On the whole there is one operation every so often, however many clients there are. */
  private readonly thinkingMs: number;
  private readonly clients: readonly Client[];
  private stopped = true;

  constructor(cluster: ScenarioCluster, options: { readonly clients: number; readonly keys: number }) {
    this.cluster = cluster;
    this.keys = options.keys;
    this.patienceMs = cluster.timeoutMs;
    this.thinkingMs = 12 * options.clients;
    this.clients = Array.from({ length: options.clients }, (_, at) => ({ number: at + 1, node: 0, begun: 0, seen: new Map() }));
  }

  start(): void {
    this.stopped = false;
    for (const client of this.clients) this.think(client);
  }

  stop(): void {
    this.stopped = true;
  }

  private think(client: Client): void {
    this.cluster.after(this.cluster.random.between(0, 2 * this.thinkingMs), () => this.stopped || this.act(client));
  }

  private act(client: Client): void {
    const { cluster } = this;
    const request = this.draw(client);
    let waiting = true;
    cluster.ask(client.node, [{ client: client.number, request }], (outcome) => {
      if (outcome.type === 'ok') this.answered(client, request, outcome);
      if (waiting) this.goOn(client, outcome.type === 'ok');
      waiting = false;
    });
    cluster.after(this.patienceMs, () => {
      if (waiting) this.goOn(client, false);
      waiting = false;
    });
  }

  private answered(client: Client, { key }: KvRequest, { result }: ClientOutcome & { readonly type: 'ok' }): void {
    this.served++;
    client.seen.set(key, result.value);
  }

  private goOn(client: Client, served: boolean): void {
    const { random, nodes } = this.cluster;
    // Not always whom it knows: others forward what they are asked.
    if (!served || random.chance(0.1)) client.node = random.pick(nodes).index;
    this.think(client);
  }

  private draw(client: Client): KvRequest {
    const { random } = this.cluster;
    const key = `k${random.between(0, this.keys - 1)}`;
    const value = `${client.number}.${++client.begun};`;
    const kind = random.pick(['read', 'read', 'read', 'put', 'put', 'append', 'append', 'append', 'compareAndSwap', 'delete'] as const);
    if (kind === 'read' || kind === 'delete') return { kind, key };
    if (kind === 'compareAndSwap') return { kind, key, expected: client.seen.get(key) ?? null, value };
    return { kind, key, value };
  }
}
