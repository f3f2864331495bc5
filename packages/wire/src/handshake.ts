import * as z from 'zod';
import { clusterIdSchema, nodeIdSchema, storageIdSchema } from './ids.ts';
import type { Reader } from './reader.ts';
import { parse } from './validation.ts';
import { versionSchema } from './version.ts';
import type { Writer } from './writer.ts';

/**
 * The first frame in each direction of a connection: who is there, and what it speaks. A blank node has no `clusterId`.
 * Its form never changes, and it always travels in a frame of version 1, else two versions could not even find out that they differ.
 */
export const handshakeSchema = z
  .strictObject({
    id: nodeIdSchema,
    storageId: storageIdSchema,
    clusterId: clusterIdSchema.optional(),
    minVersion: versionSchema,
    maxVersion: versionSchema,
  })
  .refine(({ minVersion, maxVersion }) => minVersion <= maxVersion, 'minVersion is above maxVersion')
  .readonly();
export type Handshake = z.infer<typeof handshakeSchema>;

/** Writes the payload of a handshake frame. */
export function writeHandshake(writer: Writer, handshake: Handshake): void {
  writer.u16(handshake.minVersion);
  writer.u16(handshake.maxVersion);
  writer.string(handshake.id);
  writer.string(handshake.storageId);
  writer.boolean(handshake.clusterId !== undefined);
  if (handshake.clusterId !== undefined) writer.string(handshake.clusterId);
}

/** Reads what {@link writeHandshake} wrote. */
export function readHandshake(reader: Reader): Handshake {
  const minVersion = reader.u16();
  const maxVersion = reader.u16();
  const id = reader.string();
  const storageId = reader.string();
  const clusterId = reader.boolean() ? { clusterId: reader.string() } : {};
  reader.end();
  return parse(handshakeSchema, { id, storageId, ...clusterId, minVersion, maxVersion }, 'handshake');
}
