export { Raft, type RaftOptions } from './raft.ts';
export type { Event, Outcome, Outgoing, ReadOutcome, Ready, Role, SoftState } from './ready.ts';
