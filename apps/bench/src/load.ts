import { setTimeout as sleep } from 'node:timers/promises';
import type { RaftNode } from '@raft/core';
import type { Bytes } from '@raft/wire';
import type { Input, Output } from './child-protocol.ts';
import { Histogram } from './histogram.ts';
import type { StageClock } from './stages.ts';

/** Bytes in each value that is written. */
export const valueBytes = 256;

/** After a write that wasn't committed: else a cluster without a leader would be asked in a loop without a turn. */
const pauseAfterFailureMs = 10;

/** Who writes where, and for how long. */
export interface LoadOptions extends Input<'load'> {
  readonly node: RaftNode<number, never, unknown>;
  /** Follows the writes of a single client. */
  readonly stages?: StageClock | undefined;
}

/** What the clients share. */
interface Tally {
  /** Only for a single client. */
  readonly stages: StageClock | undefined;
  readonly latencies: Histogram;
  readonly deadline: number;
  committed: number;
  notCommitted: number;
}

/**
 * A closed loop: each client proposes, waits for the outcome and proposes again, until the time is over. Writes that
 * are then under way are waited for and counted, with the time that they took.
 */
export async function load(options: LoadOptions): Promise<Output<'load'>> {
  const { node, clients, seconds } = options;
  const before = node.status();
  const started = performance.now();
  const stages = clients === 1 ? options.stages : undefined;
  const tally: Tally = { stages, latencies: new Histogram(), deadline: started + seconds * 1000, committed: 0, notCommitted: 0 };
  await Promise.all(Array.from({ length: clients }, (_, client) => runClient(node, valueOfClient(client), tally)));
  const elapsedMs = performance.now() - started;
  const after = node.status();
  return {
    committed: tally.committed,
    notCommitted: tally.notCommitted,
    elapsedMs,
    latency: tally.latencies.summary(),
    ledThroughout: before.role === 'leader' && after.role === 'leader' && before.term === after.term,
  };
}

async function runClient(node: RaftNode<number, never, unknown>, value: Bytes, tally: Tally): Promise<void> {
  let began = performance.now();
  while (began < tally.deadline) {
    tally.stages?.proposed();
    const { outcome } = await node.propose(value);
    const ended = performance.now();
    tally.stages?.settled();
    if (outcome === 'committed') {
      tally.committed += 1;
      tally.latencies.record(ended - began);
      began = ended;
    } else {
      tally.notCommitted += 1;
      await sleep(pauseAfterFailureMs);
      began = performance.now();
    }
  }
}

function valueOfClient(client: number): Bytes {
  const value = new Uint8Array(valueBytes);
  for (const position of value.keys()) value[position] = (client * 31 + position) % 256;
  return value;
}
