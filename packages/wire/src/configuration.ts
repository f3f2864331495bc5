import * as z from 'zod';
import type { Bytes } from './bytes.ts';
import { RaftError } from './errors.ts';
import { nodeIdSchema, storageIdSchema } from './ids.ts';
import { Reader } from './reader.ts';
import { parse } from './validation.ts';
import { Writer } from './writer.ts';

/** Most members a configuration may name. */
export const maxMembers = 64;

/** One member. `address` is a URL (`tcp://127.0.0.1:9081`); a browser has none, since nobody can dial it. */
export const memberSchema = z
  .strictObject({ id: nodeIdSchema, storageId: storageIdSchema, address: z.string().min(1).max(256).optional() })
  .readonly();
export type Member = z.infer<typeof memberSchema>;

/** Who belongs to the cluster. Takes effect when its entry is appended, not when it commits (thesis §4.1). */
export const configurationSchema = z
  .strictObject({ voters: z.array(memberSchema).min(1).max(maxMembers).readonly() })
  .refine(({ voters }) => new Set(voters.map((member) => member.id)).size === voters.length, 'a node id stands in a configuration once')
  .readonly();
export type Configuration = z.infer<typeof configurationSchema>;

/**
 * The payload of a configuration entry.
 *
 * @throws RaftError `invalidArgument` for what the schema refuses: such an entry, once in a log, would stop every node that reads it.
 */
export function encodeConfiguration(configuration: Configuration): Bytes {
  const checked = configurationSchema.safeParse(configuration);
  if (!checked.success) throw new RaftError('invalidArgument', z.prettifyError(checked.error), { cause: checked.error });
  const writer = new Writer(256);
  writeConfiguration(writer, configuration);
  return writer.finish();
}

/**
 * The configuration in an entry's payload.
 *
 * @throws RaftError `malformed`.
 */
export function decodeConfiguration(bytes: Bytes): Configuration {
  const reader = new Reader(bytes);
  const configuration = readConfiguration(reader);
  reader.end();
  return parse(configurationSchema, configuration, 'configuration');
}

/** Writes a configuration inside something larger. */
export function writeConfiguration(writer: Writer, { voters }: Configuration): void {
  writer.u8(voters.length);
  for (const { id, storageId, address } of voters) {
    writer.string(id);
    writer.string(storageId);
    writer.boolean(address !== undefined);
    if (address !== undefined) writer.string(address);
  }
}

/** Reads what {@link writeConfiguration} wrote; the caller passes it through the schema. */
export function readConfiguration(reader: Reader): Configuration {
  const count = reader.u8();
  const voters: Member[] = [];
  for (let read = 0; read < count; read += 1) {
    const id = reader.string();
    const storageId = reader.string();
    voters.push(reader.boolean() ? { id, storageId, address: reader.string() } : { id, storageId });
  }
  return { voters };
}
