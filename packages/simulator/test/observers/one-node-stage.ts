import type { ProtocolStatus, Vitals, WriteBatch } from '@raft/core';
import { type Entry, encodeConfiguration, encodeEntry, type Message } from '@raft/wire';
import { encodeOperation, type KvCommand, type KvResult } from '../../src/clients/kv-machine.ts';
import type { ClientOperation } from '../../src/clients/operation.ts';
import type { Observer } from '../../src/invariants/observer.ts';
import type { Oracle } from '../../src/invariants/oracle.ts';
import { invariants } from '../../src/invariants/table.ts';
import { watch } from '../../src/invariants/watch.ts';
import { RecordDisk } from '../../src/nodes/record-disk.ts';

interface Player {
  readonly index: number;
  readonly id: string;
  readonly disk: RecordDisk;
  vitals: Vitals;
}

const first: Vitals = {
  role: 'follower',
  term: 1,
  votedFor: null,
  leaderId: null,
  commitIndex: 1,
  durableIndex: 1,
  firstIndex: 1,
  lastIndex: 1,
  snapshotIndex: 0,
  timersSlowed: false,
};

/** Three nodes without anything inside: a test says what each of them does, and the observers believe it. */
export class Stage {
  readonly oracle: Oracle;
  readonly players: readonly Player[];
  private readonly voters = ['a', 'b', 'c'].map((letter, index) => ({ id: `n${index}`, storageId: letter.repeat(32) }));

  /** `only`: the one invariant that is watched; without it all are. */
  constructor(options: { readonly only?: string; readonly off?: ReadonlySet<string>; readonly also?: readonly Observer[] } = {}) {
    const { only, off = new Set(), also = [] } = options;
    const others = invariants.map(({ id }) => id).filter((id) => only !== undefined && id !== only);
    this.players = this.voters.map(({ id, storageId }, index) => ({ index, id, disk: new RecordDisk(storageId), vitals: first }));
    this.oracle = watch({
      off: new Set([...off, ...others]),
      disks: () => this.players.map(({ disk }) => disk),
      also,
      limits: { maxInflightMessages: 2, maxAppendBytes: 100, maxApplyingEntries: 2 },
    }).oracle;
    const formed = this.configuration(1, this.voters);
    for (const { disk } of this.players) {
      disk.clusterId = '0'.repeat(32);
      disk.hardState = { currentTerm: 1, votedFor: null };
      disk.entries = [formed];
    }
    this.oracle.preformed(formed);
    for (const { index } of this.players) this.start(index);
  }

  player(index: number): Player {
    const player = this.players[index];
    if (player === undefined) throw new Error(`no node ${index}`);
    return player;
  }

  status(index: number): ProtocolStatus {
    const { id, disk, vitals } = this.player(index);
    const { storageId } = disk;
    const configuration = { voters: this.voters };
    return {
      ...vitals,
      id,
      storageId,
      clusterId: disk.clusterId ?? null,
      blank: false,
      reason: null,
      configuration,
      followers: {},
      forming: null,
    };
  }

  start(index: number, claimed: Partial<Vitals> = {}): void {
    const player = this.player(index);
    const { disk } = player;
    const { currentTerm: term, votedFor } = disk.hardState;
    const { lastIndex, commitIndex } = disk;
    player.vitals = { ...first, term, votedFor, lastIndex, durableIndex: lastIndex, commitIndex: Math.max(1, commitIndex), ...claimed };
    this.oracle.started(player, this.status(index));
  }

  /** An event after which the node stands like this. */
  step(index: number, change: Partial<Vitals>): void {
    const player = this.player(index);
    player.vitals = { ...player.vitals, ...change };
    this.oracle.stepped(player, player.vitals);
  }

  /** A write that is durable at once. */
  write(index: number, batch: Partial<WriteBatch>): void {
    const player = this.hand(index, batch);
    if (batch.snapshot !== undefined) player.disk.commitImage({ meta: batch.snapshot, data: new Uint8Array(0) });
    player.disk.write({ entries: [], ...batch });
    player.disk.sync();
  }

  /** A write that never gets to the disk. */
  hand(index: number, batch: Partial<WriteBatch>): Player {
    const player = this.player(index);
    const { commitIndex, term } = player.vitals;
    this.oracle.writes(player, { entries: [], ...batch }, { commitIndex, term });
    return player;
  }

  say(from: number, to: number, message: Message): void {
    const { id, disk } = this.player(to);
    this.oracle.sends(this.player(from), { id, storageId: disk.storageId }, message);
  }

  /** In this term: everybody votes for the node, and it leads. */
  elect(index: number, term: number): void {
    const leader = this.player(index);
    for (const { index: voter } of this.players) {
      this.write(voter, { hardState: { currentTerm: term, votedFor: leader.id } });
      this.step(voter, { role: 'follower', term, votedFor: leader.id });
    }
    this.step(index, { role: 'leader', leaderId: leader.id });
  }

  /** The same entries durable on all these nodes, and committed by the first. */
  commit(nodes: readonly number[], entries: readonly Entry[]): void {
    const lastIndex = entries.at(-1)?.index ?? 0;
    for (const node of nodes) {
      this.write(node, { entries });
      this.step(node, { lastIndex, durableIndex: lastIndex });
    }
    for (const node of nodes) this.step(node, { commitIndex: lastIndex });
  }

  apply(index: number, entries: readonly Entry[], told: { readonly digest?: number; readonly result?: KvResult } = {}): void {
    for (const entry of entries) {
      this.oracle.applies(this.player(index), { entry, digest: told.digest ?? entry.index, result: told.result });
    }
  }

  /** An operation on key x that begins now. */
  invoke(id: number, kind: 'put' | 'read' = 'put'): ClientOperation {
    const request = kind === 'read' ? { kind, key: 'x' } : { kind, key: 'x', value: `v${id}` };
    const operation: ClientOperation = { id, client: 0, node: 0, life: 1, request, invokedAt: 0 };
    this.oracle.invoked(operation);
    return operation;
  }

  configuration(index: number, voters: readonly { readonly id: string; readonly storageId: string }[], term = 1): Entry {
    return encodeEntry({ index, term, kind: 'configuration', data: encodeConfiguration({ voters }) });
  }
}

export function noop(index: number, term: number): Entry {
  return encodeEntry({ index, term, kind: 'noop', data: new Uint8Array(0) });
}

/** The put of {@link Stage.invoke} as an entry. */
export function put(index: number, term: number, id: number): Entry {
  const command: KvCommand = { kind: 'put', key: 'x', value: `v${id}` };
  return encodeEntry({ index, term, kind: 'command', data: encodeOperation({ id, command }) });
}
