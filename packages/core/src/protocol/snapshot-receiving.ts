import type { InstallSnapshot } from '@raft/wire';
import type { Identity } from '../transport.ts';
import { hearLeader } from './follower.ts';
import type { Event } from './ready.ts';
import { adoptSnapshot, commitTo, type IncomingSnapshot, joinCluster, type State, send, sendWhenDurable } from './state.ts';

/** Paper, Figure 13, InstallSnapshot RPC, receiver: chunks go to storage one by one, each answered once it is there. */
export function handleInstallSnapshot(state: State, from: Identity, message: InstallSnapshot): void {
  const { transfer, meta, offset, data, done, round } = message;
  const peer = { id: from.id, storageId: from.storageId };
  if (!hearLeader(state, from, message.term)) {
    // Rounds and transfers of an earlier term mean something else in ours: see handleAppendEntries.
    const nothing = { round: 0, transfer: 0, nextOffset: 0, installed: false };
    send(state, peer, { type: 'InstallSnapshotReply', term: state.currentTerm, ...nothing });
    return;
  }
  const reply = { type: 'InstallSnapshotReply', term: state.currentTerm, round, transfer, nextOffset: 0, installed: false } as const;
  if (meta.lastIncludedIndex <= state.commitIndex) {
    // We have all that it says: by an earlier copy of it, or by appends that overtook it.
    abandon(state);
    sendWhenDurable(state, peer, { ...reply, nextOffset: offset + data.length, installed: true });
    return;
  }
  let { incoming } = state;
  if (incoming && (incoming.from.id !== peer.id || incoming.transfer !== transfer || incoming.term !== message.term)) {
    abandon(state);
    incoming = state.incoming;
  }
  // A chunk of what was given up is still being stored: this one will be sent again.
  if (incoming?.storing) {
    incoming.round = Math.max(incoming.round, round);
    return;
  }
  if (!incoming) {
    if (offset > 0) {
      send(state, peer, reply);
      return;
    }
    incoming = {
      from: peer,
      transfer,
      clusterId: from.clusterId,
      term: message.term,
      meta,
      nextOffset: 0,
      storing: false,
      round,
      abandoned: false,
    };
    state.incoming = incoming;
  }
  incoming.round = round;
  if (offset !== incoming.nextOffset) {
    send(state, peer, { ...reply, nextOffset: incoming.nextOffset });
    return;
  }
  incoming.storing = true;
  state.outbox.storeChunk = { from: peer, transfer, meta, offset, data, done };
}

/** A chunk is in storage; the last one: the whole snapshot, waiting to be made current. */
export function handleChunkStored(state: State, event: Event & { type: 'ChunkStored' }): void {
  const { incoming } = state;
  if (!incoming?.storing || incoming.from.id !== event.from.id || incoming.transfer !== event.transfer) return;
  incoming.storing = false;
  incoming.nextOffset = event.nextOffset;
  const { meta } = incoming;
  // Transfers are numbered anew in each term: an answer in a later one would be taken for that of another snapshot. And
  // a node that was blank may have joined another cluster meanwhile.
  const isStale = incoming.term !== state.currentTerm || (state.clusterId !== null && state.clusterId !== incoming.clusterId);
  if (incoming.abandoned || isStale || (event.done && meta.lastIncludedIndex <= state.commitIndex)) {
    end(state, incoming);
    return;
  }
  const { from: peer, transfer, round, nextOffset } = incoming;
  const reply = { type: 'InstallSnapshotReply', term: state.currentTerm, round, transfer, nextOffset } as const;
  if (!event.done) {
    send(state, peer, { ...reply, installed: false });
    return;
  }
  end(state, incoming);
  joinCluster(state, incoming.clusterId);
  adoptSnapshot(state, meta);
  commitTo(state, meta.lastIncludedIndex);
  state.applyingIndex = meta.lastIncludedIndex;
  state.outbox.restore = { meta, ticket: state.tickets.next };
  sendWhenDurable(state, peer, { ...reply, installed: true });
}

/** The storage took neither the chunk nor the snapshot: the leader, unanswered, will try again. */
export function handleChunkNotStored(state: State, event: Event & { type: 'ChunkNotStored' }): void {
  const { incoming } = state;
  if (incoming?.storing && incoming.from.id === event.from.id && incoming.transfer === event.transfer) end(state, incoming);
}

/** Gives up what is being received; a chunk on its way to storage is waited for. */
function abandon(state: State): void {
  const { incoming } = state;
  if (!incoming) return;
  if (incoming.storing) incoming.abandoned = true;
  else end(state, incoming);
}

function end(state: State, incoming: IncomingSnapshot): void {
  state.incoming = undefined;
  state.outbox.transfersEnded.push({ peer: incoming.from, transfer: incoming.transfer, direction: 'receiving' });
}
