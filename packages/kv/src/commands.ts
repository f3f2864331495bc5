import { type Bytes, counterSchema, encodeUtf8, RaftError, Reader, Writer } from '@raft/wire';
import * as z from 'zod';

/** Longest key, in bytes of UTF-8. */
export const maxKeyBytes = 1024;

/** Longest value unless the server is told otherwise. */
export const defaultMaxValueBytes = 512 * 1024;

/** A key: text of 1 to {@link maxKeyBytes} bytes in UTF-8. */
export const keySchema = z
  .string()
  .min(1, 'the key is empty')
  .max(maxKeyBytes, { error: `the key is longer than ${maxKeyBytes} bytes`, abort: true })
  .refine((key) => !/\p{Surrogate}/u.test(key), { error: 'the key holds half of a surrogate pair, which UTF-8 cannot say', abort: true })
  .refine((key) => encodeUtf8(key).length <= maxKeyBytes, `the key is longer than ${maxKeyBytes} bytes`);

/** What must stand under the key for a write to happen: this very revision, nothing (null), or anything at all. */
export const expectedSchema = z.union([counterSchema.min(1), z.null(), z.literal('present')]);
/** See {@link expectedSchema}. */
export type Expected = z.infer<typeof expectedSchema>;

const valueSchema = z.custom<Bytes>((value) => value instanceof Uint8Array, 'bytes expected');

/** A write, as it is replicated. Without `expected` it is unconditional. */
export const commandSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('put'), key: keySchema, value: valueSchema, expected: expectedSchema.optional() }),
  z.strictObject({ type: z.literal('delete'), key: keySchema, expected: expectedSchema.optional() }),
]);
/** See {@link commandSchema}. */
export type KvCommand = Readonly<z.infer<typeof commandSchema>>;

// version 1 byte · type 1 · precondition 1 · revision (varint, only with that precondition) · key (varint length, UTF-8) · value: the rest
const formatVersion = 1;
const maxVarintBytes = 8;

/** Most that a command is larger than its value. */
export const maxCommandOverheadBytes = 3 + 2 * maxVarintBytes + maxKeyBytes;

const commandTypes = { put: 1, delete: 2 } as const;
const preconditions = { none: 0, absent: 1, present: 2, revision: 3 } as const;

/** The bytes to propose. Throws `invalidArgument` when the command breaks its schema. */
export function encodeCommand(command: KvCommand): Bytes {
  const parsed = commandSchema.safeParse(command);
  if (!parsed.success) throw new RaftError('invalidArgument', `not a command: ${reasons(parsed.error)}`);
  const key = encodeUtf8(command.key);
  const value = command.type === 'put' ? command.value : new Uint8Array(0);
  const writer = new Writer(3 + 2 * maxVarintBytes + key.length + value.length);
  writer.u8(formatVersion);
  writer.u8(commandTypes[command.type]);
  writeExpected(writer, command.expected);
  writer.bytes(key);
  writer.raw(value);
  return writer.finish();
}

/** The command in these bytes; its value is a view into them. Throws `malformed` or `unsupportedVersion`, whatever the bytes are. */
export function decodeCommand(bytes: Bytes): KvCommand {
  const reader = new Reader(bytes);
  const version = reader.u8();
  if (version !== formatVersion)
    throw new RaftError('unsupportedVersion', `a command of version ${version}; this program knows version ${formatVersion}`);
  const type = reader.u8();
  const expected = readExpected(reader);
  const key = reader.string();
  const fields = expected === undefined ? { key } : { key, expected };
  if (type === commandTypes.put) return parse({ type: 'put', value: reader.rest(), ...fields });
  if (type !== commandTypes.delete) throw malformed(`type ${type}`);
  reader.end();
  return parse({ type: 'delete', ...fields });
}

function parse(command: unknown): KvCommand {
  const parsed = commandSchema.safeParse(command);
  if (!parsed.success) throw malformed(reasons(parsed.error));
  return parsed.data;
}

function writeExpected(writer: Writer, expected: Expected | undefined): void {
  if (expected === undefined) writer.u8(preconditions.none);
  else if (expected === null) writer.u8(preconditions.absent);
  else if (expected === 'present') writer.u8(preconditions.present);
  else {
    writer.u8(preconditions.revision);
    writer.varint(expected);
  }
}

function readExpected(reader: Reader): Expected | undefined {
  const code = reader.u8();
  switch (code) {
    case preconditions.none:
      return undefined;
    case preconditions.absent:
      return null;
    case preconditions.present:
      return 'present';
    case preconditions.revision:
      return reader.varint();
    default:
      throw malformed(`precondition ${code}`);
  }
}

function malformed(reason: string): RaftError {
  return new RaftError('malformed', `not a command: ${reason}`);
}

function reasons(error: z.ZodError): string {
  return error.issues.map((issue) => issue.message).join('; ');
}
