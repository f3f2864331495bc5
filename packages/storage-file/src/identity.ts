import { type Bytes, crc32, RaftError, Reader, type StorageId, Writer } from '@raft/wire';
import { damaged } from './failures.ts';
import { identityName, temporarySuffix } from './file-names.ts';
import type { FileSystem } from './file-system.ts';
import { fromHex, toHex } from './hex.ts';

// The file that makes a folder a storage: made last when it is formatted, so that a folder without it holds nothing yet.

const magic = 0x52414649; // RAFI
const version = 1;
const identityBytes = 25;

/** Writes the identity: all of it is there, and durable, or none of it. */
export async function writeIdentity(fileSystem: FileSystem, storageId: StorageId): Promise<void> {
  const name = identityName + temporarySuffix;
  const file = await fileSystem.create(name);
  try {
    file.write(encodeIdentity(storageId), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await fileSystem.rename(name, identityName);
  await fileSystem.syncDirectory();
}

/** @throws RaftError `damaged`, or `foreignData` for another version. */
export async function readIdentity(fileSystem: FileSystem): Promise<StorageId> {
  const file = await fileSystem.open(identityName);
  try {
    return decodeIdentity(await file.read(0, identityBytes + 1), fileSystem.location);
  } finally {
    await file.close();
  }
}

function encodeIdentity(storageId: StorageId): Bytes {
  const writer = new Writer(identityBytes);
  writer.u32(magic);
  writer.u8(version);
  writer.raw(fromHex(storageId));
  writer.u32(crc32(writer.finish()));
  return writer.finish();
}

function decodeIdentity(bytes: Bytes, location: string): StorageId {
  const reader = new Reader(bytes);
  if (bytes.length !== identityBytes)
    throw damaged(location, identityName, 0, `${identityBytes} bytes expected, ${bytes.length} are there`);
  const isOurs = reader.u32() === magic;
  const theirs = reader.u8();
  const storageId = toHex(reader.raw(16));
  if (reader.u32() !== crc32(bytes.subarray(0, identityBytes - 4))) throw damaged(location, identityName, 0, 'its checksum is wrong');
  if (!isOurs || theirs !== version) {
    throw new RaftError('foreignData', `${location}: this version reads storage format ${version}, not ${theirs}`);
  }
  return storageId;
}
