import { setTimeout as setTimeoutAsync } from 'node:timers/promises';
import type { RaftNode, RequestOptions } from '@raft/core';
import type { Bytes } from '@raft/wire';
import type { KvAnswer, KvQuery, KvResult } from '../store.ts';

/** The part of a node that requests need. */
export type KvNode = Pick<RaftNode<KvResult, KvQuery, KvAnswer>, 'propose' | 'read' | 'waitForLeader' | 'status'>;

/** Nothing happened, and nothing will: the request may be sent again, here or elsewhere. */
export interface Unavailable {
  readonly type: 'unavailable';
  readonly code: 'noLeader' | 'overloaded' | 'stopped' | 'closed' | 'tooLarge';
}

/** What became of a write. `unknown`: it may have happened, or may still. */
export type WriteOutcome =
  | { readonly type: 'done'; readonly result: KvResult }
  | Unavailable
  | { readonly type: 'unknown'; readonly code: string };

/** What became of a read. */
export type ReadOutcome = { readonly type: 'done'; readonly answer: KvAnswer } | Unavailable;

/** How one request waits. */
export interface RequestLimits {
  readonly timeoutMs: number;
  /** The client is gone. */
  readonly signal?: AbortSignal;
}

// Who leads can be known here and yet be out of date, so that each attempt is rejected at once: attempts are spaced.
const firstPauseMs = 10;
const longestPauseMs = 200;

/**
 * Proposes until the command is taken or the time is over. Only rejections are tried again, since these say that
 * nothing happened; a proposal that was taken is never sent twice.
 */
export function write(node: KvNode, data: Bytes, limits: RequestLimits): Promise<WriteOutcome> {
  return untilDeadline(limits, async (signal): Promise<WriteOutcome | Retry> => {
    const outcome = await node.propose(data, { signal });
    switch (outcome.outcome) {
      case 'committed':
        return { type: 'done', result: outcome.result };
      case 'unknown':
        return { type: 'unknown', code: outcome.code };
      case 'rejected':
        return afterRejection(node, outcome.code, signal);
    }
  });
}

/** Reads until it is served or the time is over. */
export function read(
  node: KvNode,
  query: KvQuery,
  limits: RequestLimits & { readonly consistency: 'linearizable' | 'local' },
): Promise<ReadOutcome> {
  return untilDeadline(limits, async (signal): Promise<ReadOutcome | Retry> => {
    const outcome = await node.read(query, { signal, consistency: limits.consistency });
    if (outcome.outcome === 'served') return { type: 'done', answer: outcome.value };
    return afterRejection(node, outcome.code, signal);
  });
}

type Retry = { readonly type: 'retry' };

type RejectionCode = Extract<Awaited<ReturnType<KvNode['propose']>>, { readonly outcome: 'rejected' }>['code'];

async function afterRejection(node: KvNode, code: RejectionCode, signal: AbortSignal): Promise<Unavailable | Retry> {
  switch (code) {
    case 'overloaded':
    case 'stopped':
    case 'closed':
    case 'tooLarge':
      return { type: 'unavailable', code };
    case 'noLeader':
    case 'notLeader':
    case 'superseded':
    case 'timeout':
    case 'aborted':
      // False: the time is over, or the node is stopped or closed; the next attempt tells which.
      await node.waitForLeader({ signal } satisfies RequestOptions);
      return { type: 'retry' };
  }
}

async function untilDeadline<Outcome>(
  { timeoutMs, signal: clientGone }: RequestLimits,
  attempt: (signal: AbortSignal) => Promise<Outcome | Unavailable | Retry>,
): Promise<Outcome | Unavailable> {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  const timer = setTimeout(end, timeoutMs);
  clientGone?.addEventListener('abort', end, { once: true });
  if (clientGone?.aborted === true) end();
  try {
    for (let pauseMs = firstPauseMs; !ending.signal.aborted; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      const outcome = await attempt(ending.signal);
      if (!isRetry(outcome)) return outcome;
      await pause(pauseMs * (0.5 + Math.random() / 2), ending.signal);
    }
    return { type: 'unavailable', code: 'noLeader' };
  } finally {
    clearTimeout(timer);
    clientGone?.removeEventListener('abort', end);
  }
}

function isRetry(outcome: unknown): outcome is Retry {
  return (outcome as Retry).type === 'retry';
}

/** Resolves after the time, or at once when the signal is aborted. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  await setTimeoutAsync(delayMs, undefined, { signal }).catch(() => undefined);
}
