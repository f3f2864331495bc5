export type { AbortSignalLike } from './abort-signal.ts';
export type { Clock, Timer } from './clock.ts';
export { combineTransports } from './combine-transports.ts';
export { type Config, type ConfigInput, configSchema, parseConfig } from './config.ts';
export { RaftError, type RaftErrorCode } from './errors.ts';
export type { EventLog, RaftEvent } from './events.ts';
export type { ProposeOutcome, ReadOutcome } from './node/outcomes.ts';
export { RaftNode, type RaftNodeOptions, type RequestOptions } from './node/raft-node.ts';
export type { Role } from './protocol/ready.ts';
export type { Command, StateMachine } from './state-machine.ts';
export type { FollowerStatus, NodeStatus, ProtocolStatus, Vitals } from './status.ts';
export type {
  LocatedConfiguration,
  LogOutline,
  SnapshotReader,
  SnapshotWriter,
  Storage,
  StorageState,
  TermRun,
  WriteBatch,
} from './storage.ts';
export { systemClock } from './system-clock.ts';
export type { Identity, PeerAddress, RemoteIdentity, Transport, TransportCounters, TransportHandlers } from './transport.ts';
