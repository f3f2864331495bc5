import { type Bytes, RaftError } from '@raft/wire';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeCommand, type KvCommand } from './commands.ts';
import { type KvResult, KvStore } from './store.ts';

const bytes = (text: string): Bytes => new TextEncoder().encode(text);
const text = (value: Bytes | undefined): string | undefined => value && new TextDecoder().decode(value);

/** Applies commands as the entries from `firstIndex` on. */
function applyAll(store: KvStore, commands: readonly KvCommand[], firstIndex = 1): KvResult[] {
  return commands.map((command, n) => store.apply({ index: firstIndex + n, data: encodeCommand(command) }));
}

async function collect(chunks: AsyncIterable<Bytes>): Promise<Bytes[]> {
  const collected: Bytes[] = [];
  for await (const chunk of chunks) collected.push(chunk);
  return collected;
}

async function* iterate(chunks: readonly Bytes[]): AsyncIterable<Bytes> {
  yield* chunks;
}

function join(chunks: readonly Bytes[]): Bytes {
  return new Uint8Array(chunks.flatMap((chunk) => [...chunk]));
}

/** The same bytes, cut elsewhere. */
function cut(whole: Bytes, size: number): Bytes[] {
  return Array.from({ length: Math.ceil(whole.length / size) }, (_, n) => whole.slice(n * size, (n + 1) * size));
}

describe('writes', () => {
  test('a put stores the value under the index of its entry', () => {
    const store = new KvStore();
    expect(applyAll(store, [{ type: 'put', key: 'a', value: bytes('1') }], 7)).toEqual([{ type: 'stored', revision: 7 }]);
    expect(store.query({ key: 'a' })).toEqual({ value: bytes('1'), revision: 7 });
    expect(store.query({ key: 'b' })).toBeUndefined();
  });

  test('revisions grow over all keys', () => {
    const store = new KvStore();
    applyAll(store, [
      { type: 'put', key: 'a', value: bytes('1') },
      { type: 'put', key: 'b', value: bytes('2') },
      { type: 'put', key: 'a', value: bytes('3') },
    ]);
    expect(store.query({ key: 'a' })?.revision).toBe(3);
    expect(store.query({ key: 'b' })?.revision).toBe(2);
  });

  test('a delete tells whether there was something', () => {
    const store = new KvStore();
    expect(
      applyAll(store, [
        { type: 'put', key: 'a', value: bytes('1') },
        { type: 'delete', key: 'a' },
        { type: 'delete', key: 'a' },
      ]),
    ).toEqual([
      { type: 'stored', revision: 1 },
      { type: 'deleted', deleted: true },
      { type: 'deleted', deleted: false },
    ]);
  });

  test('a write happens only if the expected revision stands', () => {
    const store = new KvStore();
    expect(
      applyAll(store, [
        { type: 'put', key: 'a', value: bytes('1'), expected: 5 },
        { type: 'put', key: 'a', value: bytes('2'), expected: 'present' },
        { type: 'put', key: 'a', value: bytes('3'), expected: null },
        { type: 'put', key: 'a', value: bytes('4'), expected: null },
        { type: 'put', key: 'a', value: bytes('5'), expected: 3 },
        { type: 'put', key: 'a', value: bytes('6'), expected: 'present' },
        { type: 'delete', key: 'a', expected: 5 },
        { type: 'delete', key: 'a', expected: 6 },
        { type: 'delete', key: 'a', expected: 'present' },
      ]),
    ).toEqual([
      { type: 'conflict', revision: null },
      { type: 'conflict', revision: null },
      { type: 'stored', revision: 3 },
      { type: 'conflict', revision: 3 },
      { type: 'stored', revision: 5 },
      { type: 'stored', revision: 6 },
      { type: 'conflict', revision: 6 },
      { type: 'deleted', deleted: true },
      { type: 'conflict', revision: null },
    ]);
    expect(store.size).toBe(0);
  });

  test('keys that are names of object properties are keys like others', () => {
    const store = new KvStore();
    applyAll(store, [{ type: 'put', key: '__proto__', value: bytes('1') }]);
    expect(text(store.query({ key: '__proto__' })?.value)).toBe('1');
    expect(store.query({ key: 'constructor' })).toBeUndefined();
  });

  test('whatever bytes are applied, there is a result and no throw', () => {
    const store = new KvStore();
    applyAll(store, [{ type: 'put', key: 'a', value: bytes('1') }]);
    expect(store.apply({ index: 2, data: new Uint8Array(0) })).toMatchObject({ type: 'malformed' });
    const arbitrary = fc.uint8Array({ maxLength: 60 }).map((array) => new Uint8Array(array));
    void fc.assert(
      fc.property(arbitrary, (data) => {
        expect(store.apply({ index: 3, data })).toHaveProperty('type');
      }),
    );
    expect(text(store.query({ key: 'a' })?.value)).toBe('1');
  });

  test('a stored value does not change with the buffer that it came in', () => {
    const store = new KvStore();
    const data = encodeCommand({ type: 'put', key: 'a', value: bytes('kept') });
    store.apply({ index: 1, data });
    data.fill(0);
    expect(text(store.query({ key: 'a' })?.value)).toBe('kept');
  });
});

describe('snapshots', () => {
  const anyCommand: fc.Arbitrary<KvCommand> = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant('put' as const),
        key: fc.constantFrom('a', 'b', 'ü', 'd/e', '😀'),
        value: fc.uint8Array().map((array) => new Uint8Array(array)),
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('delete' as const), key: fc.constantFrom('a', 'b', 'ü', 'd/e', '😀') }) },
  );

  test('a restored store is equal, however the bytes are cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyCommand, { maxLength: 30 }), fc.integer({ min: 1, max: 50 }), async (commands, size) => {
        const store = new KvStore();
        applyAll(store, commands);
        const whole = join(await collect(store.snapshot()));
        const copy = new KvStore();
        await copy.restore(iterate(cut(whole, size)));
        expect(join(await collect(copy.snapshot()))).toEqual(whole);
        for (const key of ['a', 'b', 'ü', 'd/e', '😀']) expect(copy.query({ key })).toEqual(store.query({ key }));
      }),
    );
  });

  test('a snapshot holds the state of the moment in which it was asked for', async () => {
    const store = new KvStore();
    applyAll(store, [{ type: 'put', key: 'a', value: bytes('before') }]);
    const chunks = store.snapshot();
    applyAll(
      store,
      [
        { type: 'put', key: 'a', value: bytes('after') },
        { type: 'put', key: 'b', value: bytes('after') },
      ],
      2,
    );
    const copy = new KvStore();
    await copy.restore(chunks);
    expect(text(copy.query({ key: 'a' })?.value)).toBe('before');
    expect(copy.size).toBe(1);
  });

  test('chunks are about 64 KiB', async () => {
    const store = new KvStore();
    applyAll(
      store,
      Array.from({ length: 300 }, (_, n) => ({ type: 'put' as const, key: `key ${n}`, value: new Uint8Array(1000) })),
    );
    const sizes = (await collect(store.snapshot())).map((chunk) => chunk.length);
    expect(sizes.length).toBe(5);
    expect(Math.max(...sizes)).toBeLessThan(64 * 1024 + 1100);
  });

  test('a restore that fails leaves everything as it was', async () => {
    const source = new KvStore();
    applyAll(source, [
      { type: 'put', key: 'x', value: bytes('1') },
      { type: 'put', key: 'y', value: bytes('2') },
    ]);
    const whole = join(await collect(source.snapshot()));
    const store = new KvStore();
    applyAll(store, [{ type: 'put', key: 'a', value: bytes('stays') }]);

    for (let length = 0; length < whole.length; length++) {
      await expect(store.restore(iterate([whole.slice(0, length)]))).rejects.toMatchObject({ code: 'malformed' });
    }
    await expect(store.restore(iterate([whole, new Uint8Array([0])]))).rejects.toMatchObject({ code: 'malformed' });
    const later = whole.slice();
    later[0] = 9;
    await expect(store.restore(iterate([later]))).rejects.toMatchObject({ code: 'unsupportedVersion' });
    const breaking = (async function* (): AsyncIterable<Bytes> {
      yield whole.slice(0, 20);
      throw new RaftError('storageFailed', 'the disk failed');
    })();
    await expect(store.restore(breaking)).rejects.toMatchObject({ code: 'storageFailed' });

    expect(text(store.query({ key: 'a' })?.value)).toBe('stays');
    expect(store.size).toBe(1);
  });
});
