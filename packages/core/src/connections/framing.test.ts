import { type Bytes, encodeEntry, encodeMessage, frameHeaderBytes, maxFrameBytes, RaftError } from '@raft/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameBatch, FrameDecoder } from './framing.ts';

function frameOf(bytes: number, term = 1): Bytes {
  const entry = encodeEntry({ index: 1, term, kind: 'command', data: new Uint8Array(bytes).fill(term) });
  return encodeMessage({ type: 'AppendEntries', term, round: 1, prevLogIndex: 0, prevLogTerm: 0, leaderCommit: 0, entries: [entry] });
}

function joined(frames: readonly Bytes[]): Bytes {
  const batch = new FrameBatch();
  for (const frame of frames) batch.add(frame);
  return batch.take();
}

function drain(decoder: FrameDecoder): Bytes[] {
  const frames: Bytes[] = [];
  for (let frame = decoder.next(); frame; frame = decoder.next()) frames.push(frame);
  return frames;
}

describe('FrameDecoder', () => {
  test('gives the same frames however the stream is split', () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 5000 })), { maxLength: 12 });
    const cuts = fc.array(fc.nat(), { maxLength: 60 });
    fc.assert(
      fc.property(sizes, cuts, fc.boolean(), (lengths, places, isByteWise) => {
        const frames = lengths.map((length, index) => frameOf(length, index + 1));
        const stream = joined(frames);
        const edges = isByteWise
          ? Array.from(stream, (_, index) => index)
          : places.map((place) => place % (stream.length + 1)).sort((a, b) => a - b);
        const decoder = new FrameDecoder();
        const decoded: Bytes[] = [];
        let from = 0;
        for (const to of [...edges, stream.length]) {
          decoder.push(stream.subarray(from, to));
          decoded.push(...drain(decoder));
          from = to;
        }
        expect(decoded).toEqual(frames);
        expect(decoder.heldBytes).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  test('gives each frame a buffer of its own, which later chunks leave alone', () => {
    const frames = [frameOf(10, 1), frameOf(20, 2), frameOf(30, 3)];
    // A Buffer from Node's pool, where `slice` makes a view.
    const chunk = Buffer.allocUnsafe(1000);
    const length = joined(frames).length;
    chunk.set(joined(frames));
    const decoder = new FrameDecoder();
    decoder.push(chunk.subarray(0, length));
    const decoded = drain(decoder);
    chunk.fill(0xff);
    decoder.push(chunk.subarray(0, 0));
    expect(drain(decoder)).toEqual([]);
    expect(decoded).toEqual(frames);
    for (const frame of decoded) expect(frame.buffer.byteLength).toBe(frame.length);
  });

  test('refuses a bad header before its body has come', () => {
    const decoder = new FrameDecoder();
    decoder.push(new TextEncoder().encode('GET / HTTP/1.1\r\nHost: here\r\n\r\n'));
    expect(() => decoder.next()).toThrow(expect.objectContaining({ code: 'malformed' }));
  });

  test('refuses a frame that is longer than allowed as soon as its header is there', () => {
    const decoder = new FrameDecoder({ maxFrameBytes: 100 });
    const frame = frameOf(1000);
    decoder.push(frame.subarray(0, frameHeaderBytes - 1));
    expect(decoder.next()).toBeUndefined();
    decoder.push(frame.subarray(frameHeaderBytes - 1, frameHeaderBytes));
    expect(() => decoder.next()).toThrow(expect.objectContaining({ code: 'tooLarge' }));
  });

  test('refuses a length above the largest frame without making a buffer for it', () => {
    const header = frameOf(0).slice(0, frameHeaderBytes);
    new DataView(header.buffer).setUint32(12, maxFrameBytes);
    const decoder = new FrameDecoder();
    decoder.push(header);
    expect(() => decoder.next()).toThrow(expect.objectContaining({ code: 'tooLarge' }));
    expect(decoder.heldBytes).toBeLessThanOrEqual(frameHeaderBytes);
  });

  test('refuses a header that was changed on its way, before it waits for what never comes', () => {
    for (let bit = 0; bit < 8 * frameHeaderBytes; bit += 1) {
      const frame = frameOf(0);
      frame[bit >> 3] = (frame[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const decoder = new FrameDecoder();
      decoder.push(frame.subarray(0, frameHeaderBytes));
      const isChecksumOfPayload = bit >= 8 * (frameHeaderBytes - 4);
      if (isChecksumOfPayload) expect(decoder.next()).toBeUndefined();
      else expect(() => decoder.next(), `bit ${bit}`).toThrow(RaftError);
    }
  });

  test('refuses a chunk while the last one has not been used up', () => {
    const decoder = new FrameDecoder();
    decoder.push(joined([frameOf(1), frameOf(2)]));
    decoder.next();
    expect(() => decoder.push(new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'invariantViolated' }));
  });
});

describe('FrameBatch', () => {
  test('joins frames in order, and is empty afterwards', () => {
    const batch = new FrameBatch();
    batch.add(Uint8Array.of(1, 2));
    batch.add(Uint8Array.of(3));
    expect(batch.bytes).toBe(3);
    expect(batch.frameCount).toBe(2);
    expect(batch.take()).toEqual(Uint8Array.of(1, 2, 3));
    expect(batch.take()).toEqual(new Uint8Array());
    expect(batch.bytes).toBe(0);
  });
});
