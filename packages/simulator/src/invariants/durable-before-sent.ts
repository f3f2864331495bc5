import type { Message } from '@raft/wire';
import type { Invariant } from './invariant.ts';
import type { Subject } from './observer.ts';
import { broken } from './violation.ts';

const id = 'durable-before-sent';

/** Whatever a message states of its sender is on the sender's disk when it leaves: its term, its vote, and the log that it stands for. */
export const durableBeforeSent: Invariant = {
  id,
  name: 'durable before said',
  paper: 'Figure 2; thesis §10.2.1',
  tla: 'MonoTermInv',
  watch: ({ ledger }) => ({
    sends(node, to, message) {
      const { currentTerm } = node.disk.hardState;
      if (currentTerm < message.term) says(node, message, `term ${message.term}, on disk is ${currentTerm}`);
      // What was said of an earlier term was durable in its time.
      const overtaken = currentTerm > message.term;
      if (message.type === 'RequestVote') {
        if (!overtaken) asks(node, message);
      } else if (message.type === 'RequestVoteReply') {
        const { votedFor } = node.disk.hardState;
        if (message.granted && !overtaken && votedFor !== to.id) says(node, message, `the disk holds a vote for ${votedFor}`);
      } else if (message.type === 'AppendEntriesReply') {
        if (message.success) acknowledges(node, message);
      } else if (message.type === 'InstallSnapshotReply' && message.installed) {
        const meta = ledger.transferOf(node.id, message.term, message.transfer);
        if (meta === undefined || node.disk.covers(meta.lastIncludedIndex, meta.lastIncludedTerm)) return;
        says(node, message, `${meta.lastIncludedIndex}@${meta.lastIncludedTerm} is not on its disk`);
      }
    },
  }),
};

function says(node: Subject, { type }: Message, text: string): never {
  return broken(id, `${node.id} sends ${type}: ${text}`);
}

function asks(node: Subject, message: Message & { type: 'RequestVote' }): void {
  const { disk } = node;
  if (disk.hardState.votedFor !== node.id) says(node, message, 'the disk holds no vote of its own');
  // Whoever votes for it relies on a log at least this up to date (§5.4.1), and not on that very entry: a leader of the same
  // term may have replaced it since.
  const { lastLogIndex: index, lastLogTerm: term } = message;
  if (disk.lastTerm > term || (disk.lastTerm === term && disk.lastIndex >= index)) return;
  says(node, message, `it claims ${index}@${term}, which is not on disk`);
}

function acknowledges(node: Subject, message: Message & { type: 'AppendEntriesReply'; success: true }): void {
  const { disk } = node;
  const { matchIndex } = message;
  if (matchIndex === 0 || disk.termAt(matchIndex) !== undefined || disk.covers(matchIndex, 0)) return;
  says(node, message, `up to ${matchIndex}, on disk is ${disk.lastIndex}`);
}
