import { type ConfigInput, type EventLog, type PeerAddress, parseConfig, RaftNode, type Storage, type Transport } from '@raft/core';
import { type NodeId, RaftError } from '@raft/wire';
import { defaultMaxValueBytes, maxCommandOverheadBytes } from '../commands.ts';
import { type KvAnswer, type KvQuery, type KvResult, KvStore } from '../store.ts';
import { unavailable } from './answers.ts';
import { byteBudget } from './byte-budget.ts';
import { type HttpAddress, listenHttp } from './http-listener.ts';
import { watchReadiness } from './readiness.ts';
import { createRoutes } from './routes.ts';

/** What a server is made of. */
export interface KvServerOptions {
  readonly id: NodeId;
  /** Not opened yet; owned by the server from here on. */
  readonly storage: Storage;
  /** Not started yet; owned by the server from here on. */
  readonly transport: Transport;
  /** The members known at start, this node among them. */
  readonly peers: readonly PeerAddress[];
  /** Form a cluster of exactly `peers` if this node is blank. On a formed storage it does nothing. */
  readonly bootstrap?: { readonly clusterName: string };
  readonly http: HttpAddress;
  readonly config?: ConfigInput;
  readonly log?: EventLog;
  /** Larger values are refused. Default: 512 KiB. */
  readonly maxValueBytes?: number;
  /** Bytes of bodies that are held at once for requests under way; beyond that, 503 `overloaded`. Default: 64 MiB. */
  readonly maxBodyBytesHeld?: number;
  /** How long a request waits for a leader, and for its outcome. Default: 5000. */
  readonly requestTimeoutMs?: number;
  /** A bug in answering a request; silent by default. */
  readonly onError?: (error: unknown) => void;
}

/** A server that runs. */
export interface KvServer extends AsyncDisposable {
  readonly node: RaftNode<KvResult, KvQuery, KvAnswer>;
  /** Where its HTTP interface is. */
  readonly url: string;
  /** Accepts no more, finishes the requests under way, and closes the node. Idempotent. */
  close(): Promise<void>;
}

// On top of the time that a request may take: to send its answer.
const closeGraceMs = 1000;

const defaultMaxBodyBytesHeld = 64 * 1024 * 1024;

/**
 * Starts a member of a key-value cluster. Rejects as storage and transport do, and with `addressInUse` or
 * `permissionDenied` when it can't listen for HTTP; nothing is left open then.
 */
export async function startKvServer(options: KvServerOptions): Promise<KvServer> {
  const { maxValueBytes = defaultMaxValueBytes, maxBodyBytesHeld = defaultMaxBodyBytesHeld } = options;
  const { requestTimeoutMs = 5000, storage, transport } = options;
  checkLimits({ maxValueBytes, maxBodyBytesHeld, maxProposalBytes: parseConfig(options.config).maxProposalBytes });
  // HTTP first: a port in use is found before the data is touched, and the others don't see a node that comes and goes.
  const listener = await listenHttp({
    address: options.http,
    handler: () => unavailable({ code: 'starting' }),
    onError: (error) => options.onError?.(error),
  }).catch(async (error: unknown) => {
    await Promise.allSettled([transport.close(), storage.close()]);
    throw error;
  });
  const { id, peers, bootstrap, config, log } = options;
  const optional = { ...(bootstrap && { bootstrap }), ...(config && { config }), ...(log && { log }) };
  const node = await RaftNode.start<KvResult, KvQuery, KvAnswer>({
    id,
    storage,
    transport,
    peers,
    stateMachine: new KvStore(),
    ...optional,
  }).catch(async (error: unknown) => {
    await listener.close({ graceMs: 0 });
    throw error;
  });
  const readiness = watchReadiness(node);
  listener.handle(createRoutes({ node, readiness, maxValueBytes, requestTimeoutMs, bodies: byteBudget(maxBodyBytesHeld) }));

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= (async () => {
      readiness.close();
      await listener.close({ graceMs: requestTimeoutMs + closeGraceMs });
      await node.close();
    })();
    return closed;
  };
  return { node, url: listener.url, close, [Symbol.asyncDispose]: close };
}

interface Limits {
  readonly maxValueBytes: number;
  readonly maxBodyBytesHeld: number;
  readonly maxProposalBytes: number;
}

function checkLimits({ maxValueBytes, maxBodyBytesHeld, maxProposalBytes }: Limits): void {
  const most = maxProposalBytes - maxCommandOverheadBytes;
  if (!Number.isSafeInteger(maxValueBytes) || maxValueBytes < 0 || maxValueBytes > most) {
    throw new RaftError(
      'invalidArgument',
      `maxValueBytes = ${maxValueBytes}: a whole number up to ${most} (maxProposalBytes less ${maxCommandOverheadBytes})`,
    );
  }
  if (!Number.isSafeInteger(maxBodyBytesHeld) || maxBodyBytesHeld < maxValueBytes) {
    throw new RaftError(
      'invalidArgument',
      `maxBodyBytesHeld = ${maxBodyBytesHeld}: a whole number of at least maxValueBytes, ${maxValueBytes}`,
    );
  }
}
