import type { InstallSnapshotReply } from '@raft/wire';
import type { Progress } from './progress.ts';
import type { Event } from './ready.ts';
import { closeSending, type LeaderState, type State, send } from './state.ts';

// A follower that needs entries which were compacted gets the snapshot instead, one chunk at a time: read from storage,
// sent, answered (paper, Figure 13). A lost answer is asked for again at the same offset. Only the first chunk says which
// snapshot it is, so a transfer that begins anew gets a new number: chunks of two snapshots never mix.

/** Begins a transfer of the current snapshot, instead of one under way. */
export function startTransfer(state: State, leader: LeaderState, progress: Progress): void {
  abandonTransfer(state, progress);
  leader.lastTransfer += 1;
  progress.becomeSnapshot({
    transfer: leader.lastTransfer,
    meta: undefined,
    offset: 0,
    sentBytes: 0,
    waitingFor: 'read',
    since: state.now,
  });
  readChunk(state, progress);
}

/** The transfer has served its purpose: the follower can be sent entries again. */
export function endTransfer(state: State, progress: Progress): void {
  abandonTransfer(state, progress);
  progress.becomeReplicate();
}

/** Tells the outside to let go of what it holds for the transfer. */
export function abandonTransfer(state: State, progress: Progress): void {
  if (!progress.transfer) return;
  closeSending(state, progress.peer, progress.transfer.transfer);
  progress.transfer = undefined;
}

function readChunk(state: State, progress: Progress): void {
  const { transfer } = progress;
  if (!transfer) return;
  transfer.waitingFor = 'read';
  const { snapshotChunkBytes: maxBytes } = state.config;
  state.outbox.readChunk.push({ to: progress.peer, transfer: transfer.transfer, offset: transfer.offset, maxBytes });
}

export function handleChunkRead(state: State, leader: LeaderState, event: Event & { type: 'ChunkRead' }): void {
  const progress = leader.progress.get(event.to.id);
  const transfer = progress?.transfer;
  if (
    !progress ||
    !transfer ||
    transfer.transfer !== event.transfer ||
    transfer.waitingFor !== 'read' ||
    transfer.offset !== event.offset
  ) {
    return;
  }
  if (event.data === undefined || event.meta === undefined) {
    // No snapshot to be had now: look again with the next heartbeat.
    abandonTransfer(state, progress);
    progress.becomeProbe(progress.nextIndex);
    progress.paused = true;
    return;
  }
  transfer.meta = event.meta;
  transfer.sentBytes = Math.max(transfer.sentBytes, event.offset + event.data.length);
  transfer.waitingFor = 'answer';
  transfer.since = state.now;
  send(state, progress.peer, {
    type: 'InstallSnapshot',
    term: state.currentTerm,
    round: leader.readRound,
    transfer: transfer.transfer,
    meta: event.meta,
    offset: event.offset,
    data: event.data,
    done: event.done,
  });
}

export function handleInstallSnapshotReply(state: State, leader: LeaderState, progress: Progress, message: InstallSnapshotReply): void {
  const { transfer } = progress;
  if (!transfer?.meta || transfer.transfer !== message.transfer) return;
  if (message.installed) {
    progress.acknowledge(transfer.meta.lastIncludedIndex);
    endTransfer(state, progress);
  } else if (transfer.waitingFor === 'answer') {
    const { nextOffset } = message;
    // Restarted, it knows nothing of the transfer.
    if (nextOffset === 0) startTransfer(state, leader, progress);
    // Mostly the end of the chunk just sent. After a restart it may be less, when an early chunk came once more; then a late answer more again.
    else if (nextOffset !== transfer.offset && nextOffset <= transfer.sentBytes) {
      transfer.offset = nextOffset;
      readChunk(state, progress);
    }
  }
}

/** Sends a chunk again whose answer is overdue. */
export function tickTransfer(state: State, leader: LeaderState, progress: Progress): void {
  const { transfer } = progress;
  if (transfer?.waitingFor !== 'answer' || state.now - transfer.since < state.config.electionTimeoutMs) return;
  if (transfer.offset === 0) startTransfer(state, leader, progress);
  else readChunk(state, progress);
}
