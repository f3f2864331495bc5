import type { Bytes } from './bytes.ts';
import { RaftError } from './errors.ts';
import { frameHeaderBytes, maxFrameBytes } from './frame-limits.ts';
import { type Handshake, readHandshake, writeHandshake } from './handshake.ts';
import { getU16, getU32, setU16, setU32 } from './integers.ts';
import { messageBytes, messageCode, readMessage, writeMessage } from './message-codec.ts';
import type { Message } from './messages.ts';
import { crc32Range } from './platform.ts';
import { Reader } from './reader.ts';
import { checkVersion, wireVersion } from './version.ts';
import { Writer } from './writer.ts';

// The header, big-endian. One checksum is over the header before it: a wrong length would have the other end wait for a payload that never comes, and
// take everything that does come for part of it. The other one goes on from that, over the payload.
const at = { magic: 0, version: 4, type: 6, groupId: 8, length: 12, headerChecksum: 16, checksum: 20 } as const;
/** "RAFT" */
const magic = 0x52414654;
const handshakeCode = 0x01;
/** About as long as a handshake gets. */
const handshakeBytes = 160;

/** What stands in front of each frame's payload. */
export interface FrameHeader {
  readonly version: number;
  /** What the payload is; a number that this version doesn't know is no error: see {@link decodeFrame}. */
  readonly type: number;
  /** Which Raft group the frame is for; 0 until a connection carries several. */
  readonly groupId: number;
  /** Bytes of payload behind the header. */
  readonly length: number;
  /** Of the header before it: it is right. */
  readonly headerChecksum: number;
  /** Checked by {@link decodeFrame}, once the payload is there. */
  readonly checksum: number;
}

/** What a frame holds. `unknown`: sound, but of a type or a group that isn't known here; to be skipped. */
export type DecodedFrame =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'handshake'; readonly handshake: Handshake }
  | { readonly kind: 'unknown' };

/**
 * A message as one whole frame, in a buffer of its own. Entries are copied in as they are.
 *
 * @throws RaftError `tooLarge` if it doesn't fit into {@link maxFrameBytes}, `invalidArgument` for numbers out of range.
 */
export function encodeMessage(message: Message): Bytes {
  return encodeFrame(messageCode(message), messageBytes(message), (writer) => writeMessage(writer, message));
}

/** A handshake as one whole frame, to be sent first on each connection. */
export function encodeHandshake(handshake: Handshake): Bytes {
  return encodeFrame(handshakeCode, handshakeBytes, (writer) => writeHandshake(writer, handshake));
}

/**
 * The header at `offset`, where at least {@link frameHeaderBytes} must stand. The whole frame then takes
 * `frameHeaderBytes + header.length` bytes.
 *
 * @throws RaftError `malformed` (not a frame), `unsupportedVersion`, or `tooLarge`; after any of them the stream can't be followed further.
 */
export function decodeFrameHeader(bytes: Bytes, offset: number): FrameHeader {
  if (bytes.length - offset < frameHeaderBytes) {
    throw new RaftError('malformed', `a frame's header takes ${frameHeaderBytes} bytes, ${bytes.length - offset} are there`);
  }
  if (getU32(bytes, offset + at.magic) !== magic) throw new RaftError('malformed', 'not a Raft frame: it does not begin with "RAFT"');
  const version = getU16(bytes, offset + at.version);
  checkVersion(version);
  const length = getU32(bytes, offset + at.length);
  if (length > maxFrameBytes - frameHeaderBytes) throw tooLarge(length + frameHeaderBytes);
  const headerChecksum = getU32(bytes, offset + at.headerChecksum);
  if (headerChecksum !== headerChecksumOf(bytes, offset)) throw new RaftError('malformed', "the checksum of a frame's header is wrong");
  return {
    version,
    type: getU16(bytes, offset + at.type),
    groupId: getU32(bytes, offset + at.groupId),
    length,
    headerChecksum,
    checksum: getU32(bytes, offset + at.checksum),
  };
}

/**
 * What one whole frame holds, checked in every part. Entries and snapshot data are views into `frame`, which must not change any more.
 *
 * @throws RaftError `malformed`, `unsupportedVersion` or `tooLarge`, and nothing else, whatever the bytes.
 */
export function decodeFrame(frame: Bytes): DecodedFrame {
  const header = decodeFrameHeader(frame, 0);
  if (frame.length !== frameHeaderBytes + header.length) {
    throw new RaftError('malformed', `a frame of ${frameHeaderBytes + header.length} bytes came as ${frame.length}`);
  }
  if (header.checksum !== checksumOf(frame, header.headerChecksum)) throw new RaftError('malformed', "a frame's checksum is wrong");
  if (header.groupId !== 0) return { kind: 'unknown' };
  const reader = new Reader(frame, frameHeaderBytes);
  if (header.type === handshakeCode) return { kind: 'handshake', handshake: readHandshake(reader) };
  const message = readMessage(reader, header.type);
  return message ? { kind: 'message', message } : { kind: 'unknown' };
}

function encodeFrame(type: number, payloadBytes: number, write: (writer: Writer) => void): Bytes {
  const writer = new Writer(frameHeaderBytes + payloadBytes);
  writer.skip(frameHeaderBytes);
  write(writer);
  const frame = writer.finish();
  if (frame.length > maxFrameBytes) throw tooLarge(frame.length);
  setU32(frame, at.magic, magic);
  setU16(frame, at.version, wireVersion);
  setU16(frame, at.type, type);
  setU32(frame, at.length, frame.length - frameHeaderBytes);
  const headerChecksum = headerChecksumOf(frame, 0);
  setU32(frame, at.headerChecksum, headerChecksum);
  setU32(frame, at.checksum, checksumOf(frame, headerChecksum));
  return frame;
}

function headerChecksumOf(bytes: Bytes, offset: number): number {
  return crc32Range(bytes, { seed: 0, start: offset, end: offset + at.headerChecksum });
}

/** Of the header, as far as its own checksum goes, and the payload. */
function checksumOf(frame: Bytes, headerChecksum: number): number {
  return crc32Range(frame, { seed: headerChecksum, start: frameHeaderBytes, end: frame.length });
}

function tooLarge(length: number): RaftError {
  return new RaftError('tooLarge', `a frame may have ${maxFrameBytes} bytes, not ${length}`);
}
