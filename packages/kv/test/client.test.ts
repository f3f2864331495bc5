import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KvClient, kvClient } from '../src/index.ts';
import { MemoryCluster } from './memory-cluster.ts';

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

let cluster: MemoryCluster;
let urls: string[];

beforeAll(async () => {
  cluster = await MemoryCluster.start();
  urls = cluster.members.map(({ server }) => server.url);
});

afterAll(() => cluster[Symbol.asyncDispose]());

/** A server that does with each connection what it is told. */
async function stub(
  behave: (socket: Socket) => void,
): Promise<{ readonly url: string; readonly connections: () => number; close(): Promise<void> }> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    behave(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const close = (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { url: `http://127.0.0.1:${port}`, connections: () => connections, close };
}

async function refusedUrl(): Promise<string> {
  const gone = await stub(() => undefined);
  await gone.close();
  return gone.url;
}

const answering =
  (text: string) =>
  (socket: Socket): void =>
    void socket.once('data', () => socket.end(text));
const breaking = (socket: Socket): void => void socket.once('data', () => socket.destroy());
const answer = (status: number, body: string): string => `HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const unavailable = answer(503, '{"error":"noLeader","message":"none"}');

describe('a client', () => {
  test('puts, gets, compares and swaps, deletes', async () => {
    using client = kvClient({ endpoints: urls });
    const first = await client.put('a/b c', bytes('1'));
    expect(first).toEqual({ outcome: 'stored', revision: expect.any(Number) });
    if (first.outcome !== 'stored') throw new Error('not stored');
    expect(await client.get('a/b c')).toEqual({ outcome: 'found', value: bytes('1'), revision: first.revision });
    expect(await client.put('a/b c', bytes('2'), { expected: first.revision + 1000 })).toEqual({
      outcome: 'conflict',
      revision: first.revision,
    });
    expect(await client.put('a/b c', bytes('2'), { expected: null })).toEqual({ outcome: 'conflict', revision: first.revision });
    expect(await client.put('a/b c', bytes('2'), { expected: first.revision })).toMatchObject({ outcome: 'stored' });
    expect(await client.put('none', bytes('2'), { expected: 'present' })).toEqual({ outcome: 'conflict', revision: null });
    expect(await client.delete('a/b c', { expected: first.revision })).toMatchObject({ outcome: 'conflict' });
    expect(await client.delete('a/b c')).toEqual({ outcome: 'deleted', deleted: true });
    expect(await client.delete('a/b c')).toEqual({ outcome: 'deleted', deleted: false });
    expect(await client.get('a/b c')).toEqual({ outcome: 'missing' });
    expect(await client.get('a/b c', { consistency: 'local' })).toMatchObject({ outcome: expect.stringMatching(/missing|found/) });
  });

  test('says every key that there is', async () => {
    using client = kvClient({ endpoints: urls });
    for (const key of [
      '.',
      '..',
      '../..',
      '/',
      '//',
      ' ',
      '%',
      '%2F',
      '?',
      '#',
      '\\',
      '\n',
      '\0',
      'ä',
      '😀',
      '__proto__',
      'k'.repeat(1024),
    ]) {
      expect(await client.put(key, bytes(key))).toMatchObject({ outcome: 'stored' });
      expect(await client.get(key)).toMatchObject({ outcome: 'found', value: bytes(key) });
    }
  });

  test('goes on to the next endpoint when nobody listens or 503 is answered, for writes too', async () => {
    const busy = await stub(answering(unavailable));
    using client = kvClient({ endpoints: [await refusedUrl(), busy.url, ...urls] });
    expect(await client.put('next', bytes('1'))).toMatchObject({ outcome: 'stored' });
    expect(await client.get('next')).toMatchObject({ outcome: 'found' });
    expect(busy.connections()).toBe(1);
    await busy.close();
  });

  test('says that nothing happened when no endpoint could do it', async () => {
    const busy = await stub(answering(unavailable));
    using client = kvClient({ endpoints: [await refusedUrl(), busy.url] });
    expect(await client.put('k', bytes('1'))).toEqual({ outcome: 'unavailable', message: expect.stringMatching(/ECONNREFUSED.*; .*none/) });
    expect(await client.get('k')).toMatchObject({ outcome: 'unavailable' });
    await busy.close();
  });

  test('never sends a write twice when its answer was lost, but does so with a read', async () => {
    const broken = await stub(breaking);
    using client = kvClient({ endpoints: [broken.url, ...urls] });
    for (const write of [client.put('lost', bytes('1')), client.delete('lost')]) {
      expect(await write).toMatchObject({ outcome: 'unknown', message: expect.stringContaining('connection broke') });
    }
    expect(broken.connections()).toBe(2);
    expect(await client.get('lost')).toEqual({ outcome: 'missing' });
    await broken.close();
  });

  test('takes silence, half an answer and an answer that makes no sense for an unknown outcome', async () => {
    const cut = answer(200, '{"revision":1}').slice(0, -3);
    const answers = ['', 'nonsense', cut, answer(200, 'no'), answer(200, '{}'), answer(502, '')];
    for (const text of answers) {
      const server = await stub(answering(text));
      using client = kvClient({ endpoints: [server.url, ...urls] });
      expect(await client.put('lost', bytes('1'))).toMatchObject({ outcome: 'unknown' });
      await server.close();
    }
    const silent = await stub(() => undefined);
    using client = kvClient({ endpoints: [silent.url], timeoutMs: 100 });
    expect(await client.put('lost', bytes('1'))).toMatchObject({
      outcome: 'unknown',
      message: expect.stringContaining('no answer within 100 ms'),
    });
    expect(await client.get('lost')).toMatchObject({ outcome: 'unavailable' });
    client.close();
    await silent.close();
  });

  test('tells an unknown outcome that the server reports', async () => {
    const server = await stub(answering(answer(504, '{"error":"unknownOutcome","message":""}')));
    using client = kvClient({ endpoints: [server.url, ...urls] });
    expect(await client.put('k', bytes('1'))).toMatchObject({ outcome: 'unknown' });
    await server.close();
  });

  test('throws for requests that break the rules', async () => {
    using client = kvClient({ endpoints: urls });
    await expect(client.put('', bytes('1'))).rejects.toMatchObject({ code: 'invalidArgument' });
    await expect(client.get('k'.repeat(1025))).rejects.toMatchObject({ code: 'invalidArgument' });
    await expect(client.delete('k', { expected: null })).rejects.toMatchObject({ code: 'invalidArgument' });
    await expect(client.put('k', new Uint8Array(512 * 1024 + 1))).rejects.toMatchObject({ code: 'tooLarge' });
    for (const endpoints of [[], ['127.0.0.1:1'], ['ftp://x']]) {
      expect(() => kvClient({ endpoints })).toThrow(expect.objectContaining({ code: 'invalidArgument' }));
    }
  });

  test('asks every endpoint for its status', async () => {
    const gone = await refusedUrl();
    using client: KvClient = kvClient({ endpoints: [...urls, gone] });
    const statuses = await client.status();
    expect(statuses.map(({ endpoint }) => endpoint)).toEqual([...urls, gone]);
    for (const [n, answer] of statuses.slice(0, 3).entries()) expect(answer).toMatchObject({ status: { id: `n${n + 1}`, blank: false } });
    expect(statuses[3]).toMatchObject({ failure: expect.stringContaining('ECONNREFUSED') });
  });
});
