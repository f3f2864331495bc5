import type { NodeId } from '@raft/wire';
import type { RemoteIdentity } from '../transport.ts';
import type { Connection } from './connection.ts';
import { settle } from './tie-break.ts';

/** Told when the first connection with an identity stands, as both ends know, and when the last is gone. */
interface PeerListener {
  connected(from: RemoteIdentity): void;
  disconnected(from: RemoteIdentity): void;
}

export interface PeerConnectionsOptions {
  readonly ownId: NodeId;
  readonly remote: RemoteIdentity;
  readonly crossingMs: number;
  readonly listener: PeerListener;
}

/**
 * The connections with one identity: one that carries messages and, for a moment, one that is being replaced. It comes into being with its
 * first connection and is over with its last.
 */
export class PeerConnections {
  readonly remote: RemoteIdentity;
  readonly #options: PeerConnectionsOptions;
  #current: Connection | undefined;
  /** Open for a while, but not used: one of both ends will end it. Invariant: there is a current one too. */
  #held: Connection | undefined;
  #isTold = false;

  constructor(options: PeerConnectionsOptions) {
    this.#options = options;
    this.remote = options.remote;
  }

  /** `connected` was told. Before that the other end may still turn us away, because our id is taken there. */
  get isTold(): boolean {
    return this.#isTold;
  }

  /** The one to send on. */
  get current(): Connection | undefined {
    return this.#current;
  }

  /** Takes a connection that was just accepted. */
  add(connection: Connection): void {
    const current = this.#current;
    if (!current) this.#current = connection;
    else this.#choose(current, connection);
    if (connection.isConfirmed) this.#tell();
  }

  #choose(current: Connection, connection: Connection): void {
    const { ownId, remote, crossingMs } = this.#options;
    const verdict = settle({ ownId, remoteId: remote.id, crossingMs, current: describe(current), newcomer: describe(connection) });
    const other = verdict.keep === 'newcomer' ? current : connection;
    this.#current = verdict.keep === 'newcomer' ? connection : current;
    if (verdict.other === 'destroy') other.destroy();
    else if (verdict.other === 'retire' && this.#current.isConfirmed) other.retire();
    else this.#hold(other);
  }

  /** The other end knows that this connection stands: now it can be told, and can do without a second one. */
  confirm(connection: Connection): void {
    if (connection !== this.#current && connection !== this.#held) return;
    this.#tell();
    if (connection === this.#current && this.#options.ownId < this.remote.id) this.#held?.retire();
  }

  /** A connection ended. */
  remove(connection: Connection): void {
    if (connection === this.#held) this.#held = undefined;
    if (connection !== this.#current) return;
    this.#current = this.#held;
    this.#held = undefined;
    if (this.#current) this.#current.keep();
    else if (this.#isTold) this.#options.listener.disconnected(this.remote);
  }

  /** Ends all of them: another identity has taken the place of this one. */
  drop(): void {
    this.#held?.destroy();
    this.#current?.destroy();
  }

  #tell(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#options.listener.connected(this.remote);
  }

  #hold(connection: Connection): void {
    this.#held?.destroy();
    this.#held = connection;
    // If the other end never got to know this one, it will not end it.
    connection.hold();
  }
}

function describe(connection: Connection): { isDialledByUs: boolean; openedAt: number } {
  return { isDialledByUs: connection.dialled !== undefined, openedAt: connection.openedAt };
}
