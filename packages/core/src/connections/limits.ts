import { RaftError } from '@raft/wire';

const defaults = {
  maxQueuedBytes: 32 * 1024 * 1024,
  reconnectMinMs: 50,
  reconnectMaxMs: 2000,
  handshakeTimeoutMs: 5000,
  signOfLifeMs: 1000,
  maxConnections: 1024,
};

/** Limits of a transport over connections, every one filled in and checked. */
export type ConnectionLimits = Readonly<typeof defaults>;

/** The same, as a user gives them; all have defaults. */
export interface ConnectionLimitOptions {
  /**
   * Bytes that may wait for one peer; while more wait, messages to it are dropped. Default 32 MiB: twice what a leader keeps under way to a
   * follower by default, so that it is reached only by a peer that doesn't read, and little enough for heartbeats behind it to be in time.
   */
  readonly maxQueuedBytes?: number;
  /** The first pause before dialling again; it doubles with each failure. Default 50. */
  readonly reconnectMinMs?: number;
  /** The longest pause before dialling again. Default 2,000. */
  readonly reconnectMaxMs?: number;
  /** How long connecting and exchanging handshakes may take together. Default 5,000. */
  readonly handshakeTimeoutMs?: number;
  /** A connection on which nothing was said for so long gets a sign of life; five without any, and it is given up. Default 1,000. */
  readonly signOfLifeMs?: number;
  /** Connections that are taken at the same time; more are turned away. Default 1,024. */
  readonly maxConnections?: number;
}

/** @throws RaftError `invalidArgument`, naming the option and its value. */
export function parseConnectionLimits(options: ConnectionLimitOptions): ConnectionLimits {
  const limits = { ...defaults };
  for (const name of Object.keys(defaults) as (keyof ConnectionLimits)[]) {
    const value = options[name] ?? defaults[name];
    if (!(Number.isFinite(value) && value > 0)) throw new RaftError('invalidArgument', `${name} must be a number above 0, not ${value}`);
    limits[name] = value;
  }
  return limits;
}
