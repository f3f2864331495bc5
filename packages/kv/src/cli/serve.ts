import type { RaftEvent } from '@raft/core';
import { fileStorage } from '@raft/storage-file';
import { tcpTransport } from '@raft/transport-tcp';
import { RaftError } from '@raft/wire';
import { startKvServer } from '../server/kv-server.ts';
import { noticeOf } from '../server/notice.ts';
import { type ExitCode, exitCodes, sentenceOf } from './exit-codes.ts';
import { logLine } from './log-lines.ts';
import { formatAddress, parseServeOptions, type ServeOptions } from './serve-options.ts';

/** Runs a member until SIGINT or SIGTERM. Rejects when it can't start. */
export async function serve(given: unknown): Promise<ExitCode> {
  const options = parseServeOptions(given);
  const stopped = stopSignal();
  surviveClosedOutput();
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const { id, data, cluster, raft, http, bootstrap, clusterName } = options;
  let lastNotice: string | null = null;
  const notify = (notice: string | null): void => {
    if (notice !== null && notice !== lastNotice) say(notice);
    lastNotice = notice;
  };
  const log = (event: RaftEvent): void => {
    if (event.type === 'waitingToForm') notify(logLine(id, event));
    else say(logLine(id, event));
  };
  const server = await startKvServer({
    id,
    http,
    log,
    storage: fileStorage({ directory: data, log }),
    transport: tcpTransport({ listen: `tcp://${formatAddress(raft)}`, log }),
    peers: cluster.map((member) => ({ id: member.id, address: `tcp://${formatAddress(member)}` })),
    ...(bootstrap && { bootstrap: { clusterName } }),
    onError: (error) => process.stderr.write(`raft-kv: a request failed unexpectedly: ${sentenceOf(error)}\n`),
  }).catch((error: unknown) => {
    throw namingFolder(error, data);
  });
  say(`${id} serves HTTP on ${server.url} and Raft on ${formatAddress(raft)}, its data is in ${data}`);
  sayIfDialledElsewhere(options, say);
  notify(noticeOf(server.node.status()));
  await stopped;
  say(`${id} stops`);
  await server.close();
  return exitCodes.ok;
}

/** Nodes know no folders, so that a storage of another node is refused without saying where it is. */
function namingFolder(error: unknown, directory: string): unknown {
  const isForeign = error instanceof RaftError && error.code === 'identityMismatch';
  return isForeign ? new RaftError(error.code, `cannot use ${directory}: ${error.message}`, { cause: error }) : error;
}

/** Resolves at the first signal; a second one ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(exitCodes.failed);
        asked = true;
        resolve();
      });
    }
  });
}

/** Whoever read our output may go away first; a node must not die of that. */
function surviveClosedOutput(): void {
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
}

function sayIfDialledElsewhere({ id, raft, cluster }: ServeOptions, say: (line: string) => void): void {
  const own = cluster.find((member) => member.id === id);
  if (own === undefined || (own.host === raft.host && own.port === raft.port)) return;
  say(`${id} hears the others on ${formatAddress(raft)}, but by --cluster they dial ${formatAddress(own)}`);
}
