import type { EventLog, Storage } from '@raft/core';
import { randomStorageId } from '@raft/core/storages';
import type { StorageId } from '@raft/wire';
import type { FileSystem } from './file-system.ts';
import { LogStorage } from './log-storage.ts';
import { defaultSegmentBytes } from './segment-file.ts';

export type { FileSystem, OpenFile } from './file-system.ts';

export interface LogStorageOptions {
  /** The folder. Nobody else may use it while the storage is open: here is no lock. */
  readonly fileSystem: FileSystem;
  /** 64 MiB by default. */
  readonly segmentBytes?: number;
  /** Used when the folder is formatted; random by default. Give one where runs must repeat. */
  readonly storageId?: StorageId;
  readonly log?: EventLog;
}

/** The file storage over any file system, without an import of Node: for simulators and browsers. */
export function logStorage({ fileSystem, segmentBytes = defaultSegmentBytes, storageId, log }: LogStorageOptions): Storage {
  return new LogStorage({
    prepare: async () => ({ fileSystem, lock: { check: () => undefined, release: () => undefined } }),
    location: fileSystem.location,
    segmentBytes,
    newStorageId: storageId === undefined ? randomStorageId : () => storageId,
    log: log ?? (() => undefined),
  });
}
