import type { Identity, ProtocolStatus, Vitals, WriteBatch } from '@raft/core';
import type { Ready } from '@raft/core/protocol';
import type { Entry, Message, Peer } from '@raft/wire';
import type { KvResult } from '../clients/kv-machine.ts';
import type { ClientOperation, ClientOutcome } from '../clients/operation.ts';
import type { DiskView } from '../nodes/disk-view.ts';

/** What an observer sees of a node: its name, and what is durable on its disk at this moment. */
export interface Subject {
  readonly index: number;
  readonly id: string;
  readonly disk: DiskView;
}

/** One entry in the moment in which a node's state machine has applied it. */
export interface AppliedEntry {
  readonly entry: Entry;
  /** Of the machine's whole state behind this entry. */
  readonly digest: number;
  /** Undefined for entries that are no commands. */
  readonly result: KvResult | undefined;
}

/**
 * Whoever watches a history: invariants, coverage marks, statistics, the trace. Told of each thing in the moment in which it happens, before anything
 * that follows from it. An observer changes nothing; what it finds broken it throws as a `Violation`.
 */
export interface Observer {
  /** The cluster starts from storages that hold this entry already. */
  preformed?(entry: Entry): void;
  /** The process is up, from what its disk held. */
  started?(node: Subject, status: ProtocolStatus): void;
  /** The process is gone: killed, or without power. What survived is on `node.disk`. */
  crashed?(node: Subject): void;
  /** The node has handled an event. Where the whole `RaftNode` runs: a turn of its pump. */
  stepped?(node: Subject, status: Vitals): void;
  /** What the protocol wants done. Only where the protocol itself is driven. */
  took?(node: Subject, ready: Ready, status: () => ProtocolStatus): void;
  /** A batch is handed to the storage. `before`: as of the turn before the one that made it. */
  writes?(node: Subject, batch: WriteBatch, before: { readonly commitIndex: number; readonly term: number }): void;
  /** A message leaves. */
  sends?(node: Subject, to: Peer, message: Message): void;
  /** A message arrives, and is handled next. */
  receives?(node: Subject, from: Identity, message: Message): void;
  applies?(node: Subject, applied: AppliedEntry): void;
  /** The state machine was replaced by a snapshot; without a digest what came was no whole snapshot. */
  restores?(node: Subject, restored: { readonly index: number; readonly digest: number | undefined }): void;
  /** A client has sent an operation to a node. */
  invoked?(operation: ClientOperation): void;
  /** It has ended for its client. Once per operation. */
  returned?(operation: ClientOperation, outcome: ClientOutcome): void;
  /** The history is over. */
  ended?(): void;
}
