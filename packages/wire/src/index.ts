export type { Bytes } from './bytes.ts';
export { type Configuration, configurationSchema, type Member, maxMembers, memberSchema } from './configuration.ts';
export { type Entry, type EntryKind, entryKinds } from './entry.ts';
export { RaftError, type RaftErrorCode } from './errors.ts';
export { type HardState, hardStateSchema, initialHardState } from './hard-state.ts';
export {
  type ClusterId,
  clusterIdSchema,
  counterSchema,
  maxCounter,
  type NodeId,
  nodeIdSchema,
  type Peer,
  peerSchema,
  type StorageId,
  storageIdSchema,
} from './ids.ts';
export {
  type AppendEntries,
  type AppendEntriesReply,
  type Form,
  type InstallSnapshot,
  type InstallSnapshotReply,
  type Message,
  messageSchema,
  type PreVote,
  type PreVoteReply,
  type Propose,
  type ProposeReply,
  type ReadIndex,
  type ReadIndexReply,
  type Rejection,
  type RequestVote,
  type RequestVoteReply,
} from './messages.ts';
export { type SnapshotMeta, snapshotMetaSchema } from './snapshot.ts';
