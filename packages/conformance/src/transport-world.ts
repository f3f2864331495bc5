import { type Identity, systemClock } from '@raft/core';
import type { NodeId } from '@raft/wire';
import type { TransportFixture } from './transport-fixture.ts';
import { Probe } from './transport-probe.ts';

/** What the suite's tests have in common. */
export interface TransportWorld {
  /** Makes a node and starts its transport. */
  start(identity: Identity, options?: { readonly at?: string; readonly hasSmallQueue?: boolean }): Promise<Probe>;
  /** Makes a node, and leaves the start to the test. */
  make(identity: Identity): Probe;
}

/** Declares a test that has a world of its own. */
export type DeclareTest = (name: string, body: (world: TransportWorld) => Promise<void>) => void;

/** Runs a test in a world of its own, and closes whatever it made. */
export async function inWorld(
  options: { readonly fixture: TransportFixture; readonly patienceMs: number },
  test: (world: TransportWorld) => Promise<void>,
): Promise<void> {
  const probes: Probe[] = [];
  const underWay = { calls: 0 };
  const make = (identity: Identity, more: { readonly at?: string; readonly hasSmallQueue?: boolean } = {}): Probe => {
    const probe = new Probe({ ...options, ...more, identity, underWay });
    probes.push(probe);
    return probe;
  };
  try {
    await test({ make, start: (identity, more) => make(identity, more).start() });
    for (const probe of probes) probe.check();
  } finally {
    await Promise.all(probes.map((probe) => probe.close()));
  }
  for (const probe of probes) probe.check();
}

const storageIdOf = (seed: number): string => seed.toString(16).padStart(32, '0');

/** A member of the cluster that most tests play in. */
export function member(id: NodeId, options: { readonly storage?: number; readonly cluster?: number } = {}): Identity {
  const { storage = Number.parseInt(id.replace(/\D/g, ''), 10), cluster = 0xc1 } = options;
  return { id, storageId: storageIdOf(storage), clusterId: storageIdOf(cluster) };
}

/** A node that belongs to no cluster yet. */
export function blank(id: NodeId): Identity {
  const { storageId } = member(id);
  return { id, storageId };
}

/** Lets the event loop turn, so that what should not happen has its chance. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise<void>((resolve) => systemClock.defer(resolve));
}
