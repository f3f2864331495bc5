export type { Bytes } from './bytes.ts';
export {
  type Configuration,
  configurationSchema,
  decodeConfiguration,
  encodeConfiguration,
  type Member,
  maxMembers,
  memberSchema,
} from './configuration.ts';
export {
  decodeEntry,
  type Entry,
  type EntryFields,
  type EntryKind,
  encodeEntry,
  entryData,
  entryHeaderBytes,
  entryKinds,
  maxEntryDataBytes,
} from './entry.ts';
export { RaftError, type RaftErrorCode } from './errors.ts';
export { type DecodedFrame, decodeFrame, decodeFrameHeader, encodeHandshake, encodeMessage, type FrameHeader } from './frame.ts';
export { frameHeaderBytes, maxFrameBytes } from './frame-limits.ts';
export { type Handshake, handshakeSchema } from './handshake.ts';
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
  type Proposal,
  type ProposeResult,
  proposalSchema,
  proposeResultSchema,
  type Rejection,
  rejectionSchema,
} from './message-lists.ts';
export {
  type AppendEntries,
  type AppendEntriesReply,
  appendEntriesReplySchema,
  appendEntriesSchema,
  type Form,
  formSchema,
  type InstallSnapshot,
  type InstallSnapshotReply,
  installSnapshotReplySchema,
  installSnapshotSchema,
  type Message,
  messageSchema,
  type PreVote,
  type PreVoteReply,
  type Propose,
  type ProposeReply,
  preVoteReplySchema,
  preVoteSchema,
  proposeReplySchema,
  proposeSchema,
  type ReadIndex,
  type ReadIndexReply,
  type RequestVote,
  type RequestVoteReply,
  readIndexReplySchema,
  readIndexSchema,
  requestVoteReplySchema,
  requestVoteSchema,
} from './messages.ts';
export { crc32, decodeUtf8, encodeUtf8 } from './platform.ts';
export { Reader } from './reader.ts';
export { type SnapshotMeta, snapshotMetaSchema } from './snapshot.ts';
export { negotiateVersion, spokenVersions, type VersionRange, versionSchema, wireVersion } from './version.ts';
export { Writer } from './writer.ts';
