import type { ProtocolStatus, Vitals, WriteBatch } from '@raft/core';
import { LogModel } from '../invariants/log-model.ts';
import type { Observer, Subject } from '../invariants/observer.ts';
import type { Figure2, TraceLine } from './line-schema.ts';
import { paperMessage, places } from './paper-message.ts';

export interface NdjsonOptions {
  /** Virtual time, in microseconds. */
  readonly now: () => number;
  /** Called with each line, without its line feed. */
  readonly write: (line: string) => void;
}

interface Standing {
  readonly log: LogModel;
  vitals: Vitals;
  lastApplied: number;
  progress: { readonly nextIndex: Record<string, number>; readonly matchIndex: Record<string, number> } | undefined;
}

/**
 * Writes a history as one JSON object per line, each with the state variables of Figure 2 as they are once that event has happened: for whoever
 * wants to check it against the TLA+ specification of Raft (`raft.tla`) from outside. The schema is `traceLineSchema`.
 *
 * How its actions are found: `start` is `Restart`; a `step` into the role `candidate` is `Timeout`, one into `leader` is `BecomeLeader`, one that raises a
 * leader's `commitIndex` is `AdvanceCommitIndex`; a `receive` and the `step` behind it are `Receive`, where a higher term makes it `UpdateTerm` first; a `send`
 * is `RequestVote` or `AppendEntries`, or the reply that `Receive` made. `ClientRequest` shows as entries in a leader's `write`. There is no variable
 * `votesGranted`: count the `receive`s of RequestVoteReply. Pre-votes, reads, snapshots and forwarding are not in that specification: leave their lines out.
 *
 * `log` is what was handed to the storage: the entries of a `step` are there from the `ready` behind it on, which names what is in its write already.
 * Several `step`s may come before one `ready`. `nextIndex` and `matchIndex` are exact in a `ready`, and as of the last one elsewhere. Where the whole
 * `RaftNode` runs there is no `ready`, and one `step` stands for all that was received since the last one.
 */
export function ndjson({ now, write }: NdjsonOptions): Observer {
  const standings: (Standing | undefined)[] = [];
  const tell = (line: TraceLine): void => write(JSON.stringify(line));
  const standingOf = (node: Subject): Standing => {
    const standing = standings[node.index];
    if (standing === undefined) throw new Error(`${node.id} was never started`);
    return standing;
  };
  const atNode = (node: Subject): { readonly at: number; readonly node: string; readonly state: Figure2 } => {
    return { at: Math.floor(now()), node: node.id, state: stateOf(standingOf(node)) };
  };
  return {
    started(node, status) {
      const log = new LogModel();
      log.load(node.disk);
      const lastApplied = node.disk.snapshot?.meta.lastIncludedIndex ?? 0;
      standings[node.index] = { log, vitals: status, lastApplied, progress: undefined };
      tell({ event: 'start', ...atNode(node) });
    },
    crashed(node) {
      if (standings[node.index] !== undefined) tell({ event: 'crash', ...atNode(node) });
    },
    receives(node, from, message) {
      tell({ event: 'receive', ...atNode(node), from: from.id, message: paperMessage(from.id, message) });
    },
    stepped(node, vitals) {
      const standing = standingOf(node);
      standing.vitals = vitals;
      if (vitals.role !== 'leader') standing.progress = undefined;
      tell({ event: 'step', ...atNode(node) });
    },
    took(node, ready, status) {
      const standing = standingOf(node);
      standing.vitals = status();
      standing.progress = progressOf(status());
      const { at, state } = atNode(node);
      tell({
        event: 'ready',
        at,
        node: node.id,
        state: ready.write === undefined ? state : { ...state, log: logWith(standing.log, ready.write) },
      });
    },
    writes(node, batch) {
      standingOf(node).log.write(batch);
      tell({ event: 'write', ...atNode(node), ...described(batch) });
    },
    sends(node, to, message) {
      tell({ event: 'send', ...atNode(node), to: to.id, message: paperMessage(node.id, message) });
    },
    applies(node, { entry }) {
      standingOf(node).lastApplied = entry.index;
      tell({ event: 'apply', ...atNode(node), entry: [entry.index, entry.term] });
    },
    restores(node, { index }) {
      const standing = standings[node.index];
      // Before the protocol starts its state machine is restored: `start` tells of it.
      if (standing === undefined) return;
      standing.lastApplied = index;
      tell({ event: 'restore', ...atNode(node), lastIncludedIndex: index });
    },
    invoked({ id, client, node, request }) {
      tell({
        event: 'invoke',
        at: Math.floor(now()),
        client,
        operation: id,
        node: `n${node}`,
        request: request.kind,
        ...('key' in request && { key: request.key }),
      });
    },
    returned({ id, client }, outcome) {
      const index = outcome.type === 'ok' ? { index: outcome.index } : {};
      tell({ event: 'return', at: Math.floor(now()), client, operation: id, outcome: outcome.type, ...index });
    },
  };
}

function stateOf({ log, vitals, lastApplied, progress }: Standing): Figure2 {
  const { role, term, votedFor, lastIndex, commitIndex } = vitals;
  return {
    role,
    currentTerm: term,
    votedFor,
    log: runsOf(log),
    lastIndex,
    commitIndex,
    lastApplied,
    ...(role === 'leader' ? progress : {}),
  };
}

function progressOf({ followers }: ProtocolStatus): Standing['progress'] {
  const all = Object.entries(followers);
  return {
    nextIndex: Object.fromEntries(all.map(([id, { nextIndex }]) => [id, nextIndex])),
    matchIndex: Object.fromEntries(all.map(([id, { matchIndex }]) => [id, matchIndex])),
  };
}

function runsOf(log: LogModel): [number, number][] {
  const runs: [number, number][] = [];
  let term = -1;
  for (let index = 1; index <= log.lastIndex; index++) {
    if (log.termAt(index) === term) continue;
    term = log.termAt(index);
    runs.push([index, term]);
  }
  return runs;
}

/** What the log is with this write, which is not handed over yet. */
function logWith(log: LogModel, batch: WriteBatch): [number, number][] {
  const next = log.copy();
  next.write(batch);
  return runsOf(next);
}

function described({ truncateFrom, snapshot, entries, hardState }: WriteBatch): Pick<TraceLine & { event: 'write' }, 'entries'> {
  return {
    ...(truncateFrom !== undefined && { truncateFrom }),
    ...(snapshot !== undefined && { snapshot: [snapshot.lastIncludedIndex, snapshot.lastIncludedTerm] }),
    entries: places(entries),
    ...(hardState !== undefined && { hardState: { currentTerm: hardState.currentTerm, votedFor: hardState.votedFor } }),
  };
}
