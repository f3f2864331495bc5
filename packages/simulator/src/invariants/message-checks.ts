import type { Message, Peer, SnapshotMeta } from '@raft/wire';
import type { LogModel } from './log-model.ts';
import type { RecordDisk } from '../nodes/record-disk.ts';
import type { Stats } from '../trace/stats.ts';
import { demand } from './violation.ts';

/** What the checks look at when they look at a node. */
export interface Subject {
  readonly index: number;
  readonly id: string;
  readonly disk: RecordDisk;
}

/** Invariants that a bug of the zoo may switch off, to show which other one catches it too. */
export type Switchable = 'durable-before-sent' | 'I01' | 'I02' | 'I05' | 'I06';

/** What is known of the cluster beyond the message. */
export interface Surroundings {
  leaderOf(term: number): number | undefined;
  logOfLeader(term: number): LogModel | undefined;
  isNamed(id: string, storageId: string): boolean;
}

/** Holds each message, in the moment in which it leaves, against the disk of its sender and against what it answers. */
export class MessageChecks {
  private readonly stats: Stats;
  private readonly off: ReadonlySet<Switchable>;
  private readonly around: Surroundings;
  /** Storage and term → the candidate that it spoke for. */
  private readonly grants = new Map<string, Map<number, string>>();
  /** The highest read round that the leader of a term asked for. */
  private readonly rounds = new Map<number, number>();
  /** What a transfer carries, by term, receiver and number. */
  private readonly transfers = new Map<string, SnapshotMeta>();

  constructor(stats: Stats, off: ReadonlySet<Switchable>, around: Surroundings) {
    this.stats = stats;
    this.off = off;
    this.around = around;
  }

  sends(node: Subject, to: Peer, message: Message): void {
    this.count(message);
    const onDisk = node.disk.hardState.currentTerm;
    this.durably(node, message, onDisk >= message.term, () => `term ${message.term}, on disk is ${onDisk}`);
    switch (message.type) {
      case 'RequestVote':
        this.asksForVote(node, message);
        break;
      case 'RequestVoteReply':
        if (message.granted) this.votes(node, to, message);
        break;
      case 'AppendEntriesReply':
        this.answersRound(node, message);
        if (message.success && message.matchIndex > 0) this.acknowledges(node, to, message);
        break;
      case 'InstallSnapshotReply':
        this.answersRound(node, message);
        if (message.installed) this.installs(node, message);
        break;
      case 'InstallSnapshot':
        this.transfers.set(`${message.term} ${to.id} ${message.transfer}`, message.meta);
        this.leads(node, to, message);
        break;
      case 'AppendEntries':
        this.leads(node, to, message);
        break;
    }
  }

  /** Whatever a message states must be on the disk when it leaves (thesis §10.2.1, and §4 of the architecture). */
  private durably(node: Subject, message: Message, holds: boolean, text: () => string): void {
    if (!this.off.has('durable-before-sent')) demand(holds, 'durable-before-sent', () => `${node.id} sends ${message.type}: ${text()}`);
  }

  private asksForVote(node: Subject, message: Message & { type: 'RequestVote' }): void {
    this.speaksFor(node, message.term, node.id);
    const { disk } = node;
    // What was said of an earlier term was durable in its time.
    const overtaken = disk.hardState.currentTerm > message.term;
    this.durably(node, message, overtaken || disk.hardState.votedFor === node.id, () => 'the disk holds no vote of its own');
    // Whoever voted for it relies on a log at least this up to date (§5.4.1), and not on that very entry: a leader of the same
    // term may have replaced it since.
    const { lastLogIndex: index, lastLogTerm: term } = message;
    const held = overtaken || disk.lastTerm > term || (disk.lastTerm === term && disk.lastIndex >= index);
    this.durably(node, message, held, () => `it claims ${index}@${term}, which is not on disk`);
  }

  private votes(node: Subject, to: Peer, message: Message & { type: 'RequestVoteReply' }): void {
    const { disk } = node;
    demand(this.around.isNamed(node.id, disk.storageId), 'E35', () => `${node.id} votes, and no configuration names its storage`);
    this.speaksFor(node, message.term, to.id);
    const { currentTerm, votedFor } = disk.hardState;
    this.durably(node, message, currentTerm > message.term || votedFor === to.id, () => `the disk holds a vote for ${votedFor}`);
  }

  /** I02: in one term a storage speaks for one candidate, itself included. Checked where it counts: at the send. */
  private speaksFor(node: Subject, term: number, candidate: string): void {
    if (this.off.has('I02')) return;
    const byTerm = this.grants.get(node.disk.storageId) ?? new Map<number, string>();
    this.grants.set(node.disk.storageId, byTerm);
    const before = byTerm.get(term);
    const text = () => `${node.id} votes for ${candidate} in term ${term}, and has voted for ${before}`;
    demand(before === undefined || before === candidate, 'I02', text);
    byTerm.set(term, candidate);
  }

  /** An acknowledgement says: durable here, and equal to the leader's log up to there. The leader's log of a term only grows in it. */
  private acknowledges(node: Subject, to: Peer, message: Message & { type: 'AppendEntriesReply'; success: true }): void {
    const { disk } = node;
    const { matchIndex, term } = message;
    const held = disk.termAt(matchIndex) !== undefined || disk.covers(matchIndex, 0);
    this.durably(node, message, held, () => `up to ${matchIndex}, on disk is ${disk.lastIndex}`);
    const theirs = this.around.logOfLeader(term)?.termAt(matchIndex) ?? 0;
    const ours = disk.termAt(matchIndex);
    const equal = ours === undefined || theirs === 0 || ours === theirs;
    demand(equal, 'R06', () => `${node.id} acknowledges ${matchIndex} to ${to.id}: here it has term ${ours}, there ${theirs}`);
  }

  /** I16: a transfer is called installed by what it carries, in the term in which it was sent. */
  private installs(node: Subject, message: Message & { type: 'InstallSnapshotReply' }): void {
    const meta = this.transfers.get(`${message.term} ${node.id} ${message.transfer}`);
    demand(
      meta !== undefined,
      'I16',
      () => `${node.id} has installed transfer ${message.transfer} of term ${message.term}, which nobody sent it`,
    );
    const { lastIncludedIndex: index, lastIncludedTerm: term } = meta;
    this.durably(node, message, node.disk.covers(index, term), () => `${index}@${term} is not on its disk`);
  }

  /** I16: an answer belongs to a round that the leader of its term has asked for. */
  private answersRound(node: Subject, { round, term }: Message & { type: 'AppendEntriesReply' | 'InstallSnapshotReply' }): void {
    const asked = this.rounds.get(term) ?? 0;
    demand(round <= asked, 'I16', () => `${node.id} answers round ${round} of term ${term}, the last one asked was ${asked}`);
  }

  private leads(node: Subject, to: Peer, message: Message & { type: 'AppendEntries' | 'InstallSnapshot' }): void {
    const { term, round } = message;
    this.rounds.set(term, Math.max(round, this.rounds.get(term) ?? 0));
    const leader = this.around.leaderOf(term);
    if (!this.off.has('I01'))
      demand(leader === node.index, 'I01', () => `${node.id} speaks as leader of term ${term}, elected was n${leader}`);
    const named = this.around.isNamed(to.id, to.storageId);
    demand(named, 'E30', () => `${node.id} replicates to ${to.id}/${to.storageId}, which no configuration names`);
  }

  private count(message: Message): void {
    const { stats } = this;
    if (message.type === 'PreVoteReply' && !message.granted) stats.preVotesRejected++;
    if (message.type === 'RequestVoteReply' && !message.granted) stats.votesRejected++;
    if (message.type === 'AppendEntriesReply' && !message.success) stats.conflicts++;
    if (message.type === 'InstallSnapshot') stats.chunks++;
    if (message.type === 'Propose') stats.forwardedProposals += message.proposals.length;
    if (message.type === 'ReadIndex') stats.forwardedReads++;
  }
}
