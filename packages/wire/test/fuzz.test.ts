import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeHandshake, encodeMessage, frameHeaderBytes, maxEntryDataBytes, maxFrameBytes } from '../src/index.ts';
import { bytes, counter } from './arbitraries.ts';
import { frameSamples } from './golden/samples.ts';
import { decodeAnything, outcomeOf } from './outcome.ts';
import { rawEntry, rawFrame } from './raw-frame.ts';

type Frame = Uint8Array<ArrayBuffer>;

/** A frame is refused, unknown, or encodes to the very same bytes again: nothing has two spellings. */
function expectCanonical(frame: Frame): void {
  const decoded = decodeAnything(frame);
  if (decoded?.kind === 'message') expect(encodeMessage(decoded.message)).toEqual(frame);
  if (decoded?.kind === 'handshake') expect(encodeHandshake(decoded.handshake)).toEqual(frame);
}

/** Another payload, with a checksum that is right, so that what lies behind the checksum is tried as well. */
function withPayload(frame: Frame, change: (payload: Frame) => Frame): Frame {
  const type = new DataView(frame.buffer, frame.byteOffset).getUint16(6);
  return rawFrame(type, change(frame.slice(frameHeaderBytes)));
}

const maxCounter = 2n ** 53n - 1n;

/** An AppendEntries made by hand; what isn't given is 0. */
function rawAppend(
  entries: readonly Parameters<typeof rawEntry>[0][],
  { term, prevLogIndex }: { readonly term: bigint; readonly prevLogIndex: bigint },
): Frame {
  const fields = new Uint8Array(40);
  const view = new DataView(fields.buffer);
  view.setBigUint64(0, term);
  view.setBigUint64(16, prevLogIndex);
  return rawFrame(0x14, Uint8Array.from([...fields, ...entries.flatMap((entry) => [...rawEntry(entry)])]));
}

const types = [...new Set(frameSamples.map(({ encode }) => new DataView(encode().slice().buffer).getUint16(6)))];

describe.each(frameSamples)('a frame of $name', ({ encode }) => {
  const good = encode();

  test('with any bit flipped is refused', () => {
    for (let bit = 0; bit < good.length * 8; bit += 1) {
      const bad = Uint8Array.from(good);
      bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7));
      if (decodeAnything(bad)) throw new Error(`bit ${bit} flipped, and nobody noticed`);
    }
  });

  test('with any byte inverted is refused', () => {
    for (let at = 0; at < good.length; at += 1) {
      const bad = Uint8Array.from(good);
      bad[at] = (bad[at] as number) ^ 0xff;
      if (decodeAnything(bad)) throw new Error(`byte ${at} inverted, and nobody noticed`);
    }
  });

  test('cut at any length, or with a byte too many, is refused', () => {
    for (let length = 0; length < good.length; length += 1) {
      expect(
        outcomeOf(() => decodeAnything(good.slice(0, length))),
        `${length} bytes`,
      ).toEqual({ value: undefined });
    }
    expect(decodeAnything(Uint8Array.from([...good, 0]))).toBeUndefined();
  });

  test('with its payload cut, its header and checksum right, is refused or canonical', () => {
    for (let length = 0; length < good.length - frameHeaderBytes; length += 1) {
      expectCanonical(withPayload(good, (payload) => payload.slice(0, length)));
    }
  });

  test('with its payload spoiled, its header and checksum right, is refused or canonical', () => {
    const edit = fc.record({ at: fc.nat(), remove: fc.nat({ max: 4 }), insert: fc.uint8Array({ maxLength: 4 }) });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        let payload = [...good.slice(frameHeaderBytes)];
        for (const { at, remove, insert } of edits) payload = payload.toSpliced(at % (payload.length + 1), remove, ...insert);
        expectCanonical(withPayload(good, () => Uint8Array.from(payload)));
      }),
      { numRuns: 300 },
    );
  });
});

describe('the decoder of frames', () => {
  test('answers arbitrary bytes with a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(decodeAnything(Uint8Array.from(noise))).toBeUndefined();
      }),
    );
  });

  test('takes arbitrary payloads of any type only in canonical form', () => {
    const type = fc.oneof(fc.constantFrom(...types), fc.integer({ min: 0, max: 0xffff }));
    const small = fc.uint8Array({ maxLength: 60 }).map((noise) => Uint8Array.from(noise));
    const sparse = fc.array(fc.constantFrom(0, 0, 0, 1, 2, 255), { maxLength: 60 }).map((noise) => Uint8Array.from(noise));
    fc.assert(
      fc.property(type, fc.oneof(small, sparse), (code, payload) => expectCanonical(rawFrame(code, payload))),
      { numRuns: 3000 },
    );
  });

  test('takes entries with good checksums and arbitrary fields only in canonical form', () => {
    const big = fc.oneof(
      counter.map((value) => BigInt(value)),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    );
    const entry = fc.record({
      index: big,
      term: big,
      kind: fc.nat({ max: 5 }),
      flags: fc.constantFrom(0, 0, 0, 1),
      time: big,
      data: bytes,
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 3 }), (fields) => {
        expectCanonical(rawAppend(fields, { term: maxCounter, prevLogIndex: (fields[0]?.index ?? 1n) - 1n }));
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['takes entries without a gap', [4n, 5n], [2n, 3n], 'message'],
    ['refuses a gap between entries', [4n, 6n], [2n, 2n], undefined],
    ['refuses the same entry twice', [4n, 4n], [2n, 2n], undefined],
    ['refuses terms that fall', [4n, 5n], [2n, 1n], undefined],
  ])('%s', (_, indices, terms, kind) => {
    const list = indices.map((index, position) => ({ index, term: terms[position] ?? 0n }));
    expect(decodeAnything(rawAppend(list, { term: 9n, prevLogIndex: 3n }))?.kind).toBe(kind);
  });
});

describe('a length that promises more than there is', () => {
  const varintOf31MiB = [0x80, 0x80, 0xc0, 0x0f];
  const varintOfMax = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
  const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);
  const entry = (length: number): number[] => [...rawEntry({ length })];

  test.each([
    ['a frame of 4 GiB', rawFrame(0x14, new Uint8Array(40), { length: 0xffff_ffff })],
    ['a frame of just below the limit', rawFrame(0x14, new Uint8Array(40), { length: maxFrameBytes - frameHeaderBytes })],
    ['an entry of 4 GiB', rawFrame(0x14, Uint8Array.from([...zeros(40), ...entry(0xffff_ffff)]))],
    ['an entry of the largest size', rawFrame(0x14, Uint8Array.from([...zeros(40), ...entry(maxEntryDataBytes)]))],
    ['a proposal of 31 MiB', rawFrame(0x1a, Uint8Array.from([...zeros(32), ...varintOf31MiB]))],
    ['a proposal of 2^53 − 1 bytes', rawFrame(0x1a, Uint8Array.from([...zeros(32), ...varintOfMax]))],
    ['a cluster id of 31 MiB', rawFrame(0x1c, Uint8Array.from([...zeros(8), ...varintOf31MiB]))],
    ['a configuration of 255 members', rawFrame(0x16, Uint8Array.from([...zeros(48), 255]))],
    ['a node id of 31 MiB', rawFrame(0x01, Uint8Array.from([0, 1, 0, 1, ...varintOf31MiB]))],
  ])('is refused before anything is allocated: %s', (_, frame) => {
    for (let round = 0; round < 20; round += 1) {
      const before = process.memoryUsage().arrayBuffers;
      expect(decodeAnything(frame)).toBeUndefined();
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
    }
  });
});
