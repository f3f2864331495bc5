/** A replicated key-value store over HTTP: server, client, and the state machine and commands that they are made of. */
export type { ConflictAnswer, DeletedAnswer, ErrorAnswer, StatusAnswer, StoredAnswer, ValueAnswer } from './api.ts';
export { exitCodes } from './cli/exit-codes.ts';
export {
  type Conflict,
  type DeleteOutcome,
  type EndpointStatus,
  type GetOutcome,
  type KvClient,
  type KvClientOptions,
  kvClient,
  type NotDone,
  type PutOutcome,
  type UnknownOutcome,
  type WriteOptions,
} from './client.ts';
export {
  commandSchema,
  decodeCommand,
  defaultMaxValueBytes,
  type Expected,
  encodeCommand,
  expectedSchema,
  type KvCommand,
  keySchema,
  maxCommandOverheadBytes,
  maxKeyBytes,
} from './commands.ts';
export type { HttpAddress } from './server/http-listener.ts';
export { type KvServer, type KvServerOptions, startKvServer } from './server/kv-server.ts';
export { type KvAnswer, type KvQuery, type KvResult, KvStore } from './store.ts';
export type { StoredValue } from './stored-value.ts';
