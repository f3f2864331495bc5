import { type Message, type NodeId, type Peer, RaftError } from '@raft/wire';
import { mayReplace } from './connections/handshake.ts';
import type { PeerAddress, RemoteIdentity, Transport, TransportCounters, TransportHandlers } from './transport.ts';

/** A connection that one of the transports has. */
interface Route {
  readonly transport: Transport;
  readonly from: RemoteIdentity;
}

/** The connections with a node, in the order in which they came about, at most one of each transport. */
interface Reached {
  /** Who was told to be connected. Invariant: one of the routes leads to exactly this identity. */
  readonly standing: RemoteIdentity;
  readonly routes: readonly Route[];
}

/**
 * One transport out of several: a peer is dialled by the one that knows its address's scheme, and spoken to over whichever has a
 * connection with it. So servers that are joined by TCP can have browsers, which dial them by WebSocket, among their members.
 *
 * A node that is connected by two of them counts as connected once. Of two nodes with one id the first to connect is heard, as {@link Transport}
 * says; the other is not turned away, though, if it came by another transport: what it says is dropped until the first is gone.
 *
 * @throws RaftError `invalidArgument` when a transport does not tell its schemes, or two have the same.
 */
export function combineTransports(transports: readonly Transport[]): Transport {
  return new CombinedTransport(transports);
}

class CombinedTransport implements Transport {
  readonly schemes: readonly string[];
  readonly #transports: readonly Transport[];
  readonly #byScheme = new Map<string, Transport>();
  readonly #reached = new Map<NodeId, Reached>();
  #handlers: TransportHandlers | undefined;
  #droppedNotConnected = 0;
  #droppedReceived = 0;

  constructor(transports: readonly Transport[]) {
    for (const transport of transports) {
      if (!transport.schemes?.length) throw new RaftError('invalidArgument', 'a transport that tells no schemes can not be combined');
      for (const scheme of transport.schemes) {
        if (this.#byScheme.has(scheme)) throw new RaftError('invalidArgument', `two of the transports dial ${scheme}: addresses`);
        this.#byScheme.set(scheme, transport);
      }
    }
    this.#transports = transports;
    this.schemes = [...this.#byScheme.keys()];
  }

  async start(handlers: TransportHandlers): Promise<void> {
    if (this.#handlers) throw new RaftError('invalidArgument', 'the transport was started already');
    this.#handlers = handlers;
    const started = await Promise.allSettled(this.#transports.map((transport) => transport.start(this.#handlersOf(transport))));
    const failed = started.find((result) => result.status === 'rejected');
    if (failed === undefined) return;
    await this.close();
    throw failed.reason;
  }

  send(to: Peer, message: Message): void {
    const reached = this.#reached.get(to.id);
    if (reached?.standing.storageId === to.storageId) routeTo(reached)?.transport.send(to, message);
    else this.#droppedNotConnected += 1;
  }

  setPeers(peers: readonly PeerAddress[]): void {
    const [first] = this.#transports;
    for (const transport of this.#transports) {
      transport.setPeers(
        peers.filter(({ address }) => {
          if (address === undefined) return true;
          // Nobody's address is the first one's to report.
          return (this.#byScheme.get(schemeOf(address)) ?? first) === transport;
        }),
      );
    }
  }

  identityChanged(): void {
    for (const transport of this.#transports) transport.identityChanged();
  }

  counters(): TransportCounters {
    const all = this.#transports.map((transport) => transport.counters());
    const sum = (name: keyof TransportCounters): number => all.reduce((total, counters) => total + counters[name], 0);
    return {
      sent: sum('sent'),
      received: sum('received') - this.#droppedReceived,
      droppedNotConnected: sum('droppedNotConnected') + this.#droppedNotConnected,
      droppedQueueFull: sum('droppedQueueFull'),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#transports.map((transport) => transport.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #handlersOf(transport: Transport): TransportHandlers {
    return {
      identity: () => this.#started().identity(),
      receive: (from, message) => {
        const standing = this.#reached.get(from.id)?.standing;
        if (standing && isSame(standing, from)) this.#started().receive(standing, message);
        else this.#droppedReceived += 1;
      },
      connected: (from) => this.#connected({ transport, from }),
      disconnected: ({ id }) => this.#disconnected(transport, id),
    };
  }

  #connected(route: Route): void {
    const { from } = route;
    const { standing, routes = [] } = this.#reached.get(from.id) ?? {};
    const ours = this.#started().identity();
    const isHeard = standing === undefined || isSame(standing, from) || mayReplace({ ours, standing, newcomer: from });
    this.#reached.set(from.id, { standing: isHeard ? from : standing, routes: [...routes, route] });
    this.#tell(standing, isHeard ? from : standing);
  }

  #disconnected(transport: Transport, id: NodeId): void {
    const reached = this.#reached.get(id);
    if (!reached) return;
    const { standing } = reached;
    const routes = reached.routes.filter((route) => route.transport !== transport);
    const next = (routeTo({ standing, routes }) ?? routes[0])?.from;
    if (next) this.#reached.set(id, { standing: next, routes });
    else this.#reached.delete(id);
    this.#tell(standing, next);
  }

  #tell(before: RemoteIdentity | undefined, now: RemoteIdentity | undefined): void {
    if (before && now && isSame(before, now)) return;
    if (before) this.#started().disconnected(before);
    if (now) this.#started().connected(now);
  }

  #started(): TransportHandlers {
    if (!this.#handlers) throw new RaftError('invariantViolated', 'the transport was not started');
    return this.#handlers;
  }
}

function schemeOf(address: string): string {
  return address.slice(0, Math.max(address.indexOf(':'), 0)).toLowerCase();
}

/** The first that leads to the identity that stands. */
function routeTo({ standing, routes }: Reached): Route | undefined {
  return routes.find((route) => isSame(route.from, standing));
}

function isSame(a: RemoteIdentity, b: RemoteIdentity): boolean {
  return a.storageId === b.storageId && a.clusterId === b.clusterId;
}
