export { RaftError, type RaftErrorCode } from '@raft/wire';
