import { resolve } from 'node:path';
import type { EventLog, Storage } from '@raft/core';
import { randomStorageId } from '@raft/core/storages';
import { RaftError, type StorageId, storageIdSchema } from '@raft/wire';
import * as z from 'zod';
import { lockFolder } from './lock.ts';
import { LogStorage } from './log-storage.ts';
import { makeDirectory, nodeFileSystem } from './node-file-system.ts';
import { defaultSegmentBytes } from './segment-file.ts';

export interface FileStorageOptions {
  /** A folder for nothing else; made, with those above it, if it is missing. */
  readonly directory: string;
  /** Size of a segment of the log, from which on a new one is begun. 64 MiB by default; the first ones are smaller. */
  readonly segmentBytes?: number;
  /** Used when the folder is formatted; random by default. */
  readonly storageId?: StorageId;
  /** Told when a torn tail is cut. */
  readonly log?: EventLog;
}

const optionsSchema = z.strictObject({
  directory: z.string().min(1),
  segmentBytes: z
    .number()
    .int()
    .min(4096)
    .max(1024 ** 3)
    .default(defaultSegmentBytes),
  storageId: storageIdSchema.optional(),
  log: z.custom<EventLog>((value) => typeof value === 'function', 'a function expected').optional(),
});

/**
 * Keeps hard state, log and snapshots in files. What a write holds is on the disk when its promise resolves; writes that
 * wait share one sync.
 *
 * @throws RaftError `invalidArgument`
 */
export function fileStorage(options: FileStorageOptions): Storage {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) throw new RaftError('invalidArgument', `fileStorage: ${z.prettifyError(parsed.error)}`, { cause: parsed.error });
  const { segmentBytes, storageId, log } = parsed.data;
  const directory = resolve(parsed.data.directory);
  return new LogStorage({
    prepare: async () => {
      await makeDirectory(directory);
      return { fileSystem: nodeFileSystem(directory), lock: lockFolder(directory) };
    },
    location: directory,
    segmentBytes,
    newStorageId: storageId === undefined ? randomStorageId : () => storageId,
    log: log ?? (() => undefined),
  });
}
