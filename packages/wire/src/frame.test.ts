import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { handshake, messages } from '../test/arbitraries.ts';
import { outcomeOf } from '../test/outcome.ts';
import { rawFrame } from '../test/raw-frame.ts';
import {
  decodeFrame,
  decodeFrameHeader,
  encodeEntry,
  encodeHandshake,
  encodeMessage,
  frameHeaderBytes,
  type Message,
  maxEntryDataBytes,
  maxFrameBytes,
  messageSchema,
} from './index.ts';

const heartbeat: Message = { type: 'AppendEntries', term: 1, round: 1, prevLogIndex: 0, prevLogTerm: 0, leaderCommit: 0, entries: [] };

describe.each(Object.keys(messages) as Message['type'][])('%s', (type) => {
  const arbitrary: fc.Arbitrary<Message> = messages[type];

  test('decodes to what it was encoded from, and encodes to the same bytes again', () => {
    fc.assert(
      fc.property(arbitrary, (message) => {
        const frame = encodeMessage(message);
        const decoded = decodeFrame(frame);
        expect(decoded).toEqual({ kind: 'message', message });
        expect(messageSchema.safeParse(message).success).toBe(true);
        if (decoded.kind === 'message') expect(encodeMessage(decoded.message)).toEqual(frame);
      }),
    );
  });
});

// What varies in size and isn't on the way of every write is measured roughly.
const rough: readonly string[] = ['InstallSnapshot', 'Propose', 'ProposeReply'];

test.each(Object.entries(messages).filter(([type]) => !rough.includes(type)))(
  '%s is written in one piece of the right size',
  (_, arbitrary) => {
    fc.assert(
      fc.property<[Message]>(arbitrary, (message) => {
        const frame = encodeMessage(message);
        expect(frame.buffer.byteLength).toBe(frame.length);
      }),
      { numRuns: 30 },
    );
  },
);

describe('a handshake', () => {
  test('decodes to what it was encoded from, and encodes to the same bytes again', () => {
    fc.assert(
      fc.property(handshake, (value) => {
        const frame = encodeHandshake(value);
        const decoded = decodeFrame(frame);
        expect(decoded).toEqual({ kind: 'handshake', handshake: value });
        if (decoded.kind === 'handshake') expect(encodeHandshake(decoded.handshake)).toEqual(frame);
      }),
    );
  });

  test('of a node that speaks no version at all is refused', () => {
    const frame = encodeHandshake({ id: 'n1', storageId: '0'.repeat(32), minVersion: 3, maxVersion: 2 });
    expect(outcomeOf(() => decodeFrame(frame))).toEqual({ code: 'malformed' });
  });

  test('of a node whose id is none is refused', () => {
    const frame = encodeHandshake({ id: '../n1', storageId: '0'.repeat(32), minVersion: 1, maxVersion: 1 });
    expect(outcomeOf(() => decodeFrame(frame))).toEqual({ code: 'malformed' });
  });
});

describe('a frame', () => {
  test('tells in its header how long it is, anywhere in a stream', () => {
    const first = encodeMessage(heartbeat);
    const second = encodeMessage({ type: 'RequestVoteReply', term: 2, granted: true });
    const stream = Uint8Array.from([...first, ...second]);
    expect(decodeFrameHeader(stream, 0)).toMatchObject({ version: 1, groupId: 0, length: first.length - frameHeaderBytes });
    expect(decodeFrameHeader(stream, first.length)).toMatchObject({ version: 1, type: 0x13, length: second.length - frameHeaderBytes });
  });

  test('gives entries and snapshot data as views, not copies', () => {
    const entries = [encodeEntry({ index: 1, term: 1, kind: 'command', data: new Uint8Array(300) })];
    const frame = encodeMessage({ ...heartbeat, entries });
    const decoded = decodeFrame(frame);
    if (decoded.kind !== 'message' || decoded.message.type !== 'AppendEntries') throw new Error('not the message that was sent');
    expect(decoded.message.entries[0]?.bytes.buffer).toBe(frame.buffer);
  });

  test('of a type that is not known is sound, and skipped', () => {
    expect(decodeFrame(rawFrame(0x7777, Uint8Array.of(1, 2, 3)))).toEqual({ kind: 'unknown' });
  });

  test('of a group that is not known is sound, and skipped', () => {
    expect(decodeFrame(rawFrame(0x13, new Uint8Array(9), { groupId: 7 }))).toEqual({ kind: 'unknown' });
  });

  test('of an unknown type with a wrong checksum is malformed all the same', () => {
    const frame = rawFrame(0x7777, Uint8Array.of(1, 2, 3));
    frame[25] = 9;
    expect(outcomeOf(() => decodeFrame(frame))).toEqual({ code: 'malformed' });
  });

  test.each([2, 4])('whose header says %d bytes where 3 are is malformed, though the checksum is right', (length) => {
    expect(outcomeOf(() => decodeFrame(rawFrame(0x7777, Uint8Array.of(1, 2, 3), { length })))).toEqual({ code: 'malformed' });
  });

  test('of another version is refused with both versions named', () => {
    const frame = rawFrame(0x13, new Uint8Array(9), { version: 7 });
    expect(outcomeOf(() => decodeFrame(frame))).toEqual({ code: 'unsupportedVersion' });
    expect(() => decodeFrameHeader(frame, 0)).toThrow('a frame of wire version 7 arrived, this node speaks version 1');
    expect(outcomeOf(() => decodeFrame(rawFrame(0x13, new Uint8Array(9), { version: 0 })))).toEqual({ code: 'unsupportedVersion' });
  });

  test('is refused by its header alone when a bit of that has flipped: nobody knows how long it is', () => {
    for (let bit = 0; bit < 8 * 20; bit += 1) {
      const header = encodeMessage(heartbeat).slice(0, frameHeaderBytes);
      header[bit >> 3] = (header[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const outcome = outcomeOf(() => decodeFrameHeader(header, 0));
      expect(['malformed', 'unsupportedVersion', 'tooLarge'], `bit ${bit}`).toContain('code' in outcome ? outcome.code : 'taken');
    }
  });

  test('that is none is refused by its header', () => {
    const http = Uint8Array.from('GET /v1/status HTTP/1.1\r\n\r\n', (letter) => letter.charCodeAt(0));
    expect(outcomeOf(() => decodeFrameHeader(http, 0))).toEqual({ code: 'malformed' });
  });

  test('may be as long as the limit and not a byte longer', () => {
    const data = new Uint8Array(maxFrameBytes - frameHeaderBytes - 24 - 8 - 4);
    const propose = (bytes: Uint8Array<ArrayBuffer>): Message => ({
      type: 'Propose',
      term: 1,
      source: 1,
      floor: 1,
      proposals: [{ id: 1, data: bytes }],
    });
    const frame = encodeMessage(propose(data));
    expect(frame.length).toBe(maxFrameBytes);
    expect(decodeFrame(frame).kind).toBe('message');
    expect(outcomeOf(() => encodeMessage(propose(new Uint8Array(data.length + 1))))).toEqual({ code: 'tooLarge' });
    expect(
      outcomeOf(() => decodeFrameHeader(rawFrame(0x13, new Uint8Array(0), { length: maxFrameBytes - frameHeaderBytes + 1 }), 0)),
    ).toEqual({
      code: 'tooLarge',
    });
  });

  test('has room for an entry of the largest size', () => {
    const entry = encodeEntry({ index: 1, term: 1, kind: 'command', data: new Uint8Array(maxEntryDataBytes) });
    expect(decodeFrame(encodeMessage({ ...heartbeat, entries: [entry] })).kind).toBe('message');
  });
});
