export { Raft } from './raft.ts';
export type { Event, Outcome, Outgoing, ReadOutcome, Ready, Role, SoftState } from './ready.ts';
export type { RaftOptions } from './state.ts';
