import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MemoryCluster } from './memory-cluster.ts';
import { rawRequest } from './raw-request.ts';
import { until } from './until.ts';

let cluster: MemoryCluster;
let leader: string;
let follower: string;

beforeAll(async () => {
  cluster = await MemoryCluster.start();
  leader = (await cluster.leader()).server.url;
  follower = (await cluster.follower()).server.url;
});

afterAll(() => cluster[Symbol.asyncDispose]());

const put = (url: string, key: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/v1/kv/${key}`, { method: 'PUT', body, headers });
const del = (url: string, key: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/v1/kv/${key}`, { method: 'DELETE', headers });
const get = (url: string, key: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/v1/kv/${key}`, { headers });

async function revisionOf(response: Response): Promise<number> {
  expect(response.status).toBe(200);
  const { revision } = (await response.json()) as { revision: number };
  return revision;
}

describe('PUT and GET', () => {
  test('give back the bytes, and the revision as ETag', async () => {
    const bytes = new Uint8Array([0, 255, 10, 13, 128]);
    const written = await put(leader, 'bytes', bytes);
    const revision = await revisionOf(written);
    expect(revision).toBeGreaterThan(0);

    const response = await get(leader, 'bytes');
    expect(response.status).toBe(200);
    expect(response.headers.get('etag')).toBe(`"${revision}"`);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
  });

  test('work through any node: a read at once after a write elsewhere sees it', async () => {
    for (const [writer, reader] of [
      [follower, leader],
      [leader, follower],
      [follower, follower],
    ] as const) {
      const revision = await revisionOf(await put(writer, 'anywhere', `${writer} ${reader}`));
      const response = await get(reader, 'anywhere');
      expect(await response.text()).toBe(`${writer} ${reader}`);
      expect(response.headers.get('etag')).toBe(`"${revision}"`);
    }
  });

  test('revisions grow over all keys', async () => {
    const revisions: number[] = [];
    for (const key of ['r1', 'r2', 'r1', 'r3']) revisions.push(await revisionOf(await put(follower, key, 'x')));
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
  });

  test('an empty value is a value', async () => {
    await put(leader, 'empty', '');
    const response = await get(leader, 'empty');
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  test('GET gives JSON when asked for it', async () => {
    const revision = await revisionOf(await put(leader, 'json%2Fkey', new Uint8Array([255, 0])));
    const response = await get(leader, 'json/key', { Accept: 'text/html, application/json;q=0.9' });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('etag')).toBe(`"${revision}"`);
    expect(await response.json()).toEqual({ key: 'json/key', value: '/wA=', revision });
  });

  test('HEAD is a GET without the body', async () => {
    await put(leader, 'head', 'four');
    const response = await fetch(`${leader}/v1/kv/head`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe('4');
    expect(response.headers.get('etag')).toMatch(/^"\d+"$/);
    expect((await fetch(`${leader}/v1/kv/no-head`, { method: 'HEAD' })).status).toBe(404);
  });

  test('GET with If-None-Match of the revision that stands says 304', async () => {
    const revision = await revisionOf(await put(leader, 'cached', 'x'));
    const response = await get(leader, 'cached', { 'If-None-Match': `"${revision}"` });
    expect(response.status).toBe(304);
    expect(response.headers.get('etag')).toBe(`"${revision}"`);
    expect((await get(leader, 'cached', { 'If-None-Match': '"1"' })).status).toBe(200);
  });

  test('a local GET is served by the node itself', async () => {
    await put(leader, 'local', 'here');
    const response = await until('the write on the follower', async () => {
      const answer = await get(follower, 'local?consistency=local');
      return answer.status === 200 && answer;
    });
    expect(await response.text()).toBe('here');
    expect((await get(leader, 'local?consistency=linearizable')).status).toBe(200);
  });

  test('keys are taken literally: slashes, dots, percent-encoding', async () => {
    for (const [path, key] of [
      ['/v1/kv/a/b//c', 'a/b//c'],
      ['/v1/kv/../up', '../up'],
      ['/v1/kv/.', '.'],
      ['/v1/kv/%2e%2e', '..'],
      ['/v1/kv/a%2Fb%3F%23%25', 'a/b?#%'],
      ['/v1/kv/%F0%9F%98%80', '😀'],
      ['/v1/kv/a+b', 'a+b'],
      ['/v1/kv/__proto__', '__proto__'],
    ] as const) {
      const written = await rawRequest(leader, { method: 'PUT', path, chunks: [new TextEncoder().encode(key)] });
      expect(written.status).toBe(200);
      const read = await rawRequest(follower, { method: 'GET', path, headers: { Accept: 'application/json' } });
      expect(JSON.parse(read.body)).toMatchObject({ key, value: Buffer.from(key).toString('base64') });
    }
  });
});

describe('DELETE', () => {
  test('says whether there was something', async () => {
    await put(leader, 'gone', 'x');
    const first = await del(follower, 'gone');
    expect([first.status, await first.json()]).toEqual([200, { deleted: true }]);
    const second = await del(leader, 'gone');
    expect([second.status, await second.json()]).toEqual([200, { deleted: false }]);
    expect((await get(leader, 'gone')).status).toBe(404);
  });
});

describe('preconditions', () => {
  test('If-Match writes if that revision stands, else answers 412 with the one that does', async () => {
    const first = await revisionOf(await put(leader, 'cas', '1'));
    const second = await revisionOf(await put(follower, 'cas', '2', { 'If-Match': `"${first}"` }));
    expect(second).toBeGreaterThan(first);
    const refused = await put(leader, 'cas', '3', { 'If-Match': `"${first}"` });
    expect([refused.status, await refused.json()]).toEqual([412, { revision: second }]);
    expect(await (await get(leader, 'cas')).text()).toBe('2');
  });

  test('If-None-Match: * writes only where nothing is', async () => {
    const revision = await revisionOf(await put(leader, 'once', '1', { 'If-None-Match': '*' }));
    const refused = await put(follower, 'once', '2', { 'If-None-Match': '*' });
    expect([refused.status, await refused.json()]).toEqual([412, { revision }]);
  });

  test('If-Match on a key that is not there answers 412 with null', async () => {
    for (const condition of ['"1"', '*']) {
      const refused = await put(leader, 'never', '1', { 'If-Match': condition });
      expect([refused.status, await refused.json()]).toEqual([412, { revision: null }]);
      const undeleted = await del(leader, 'never', { 'If-Match': condition });
      expect([undeleted.status, await undeleted.json()]).toEqual([412, { revision: null }]);
    }
  });

  test('If-Match: * writes where something is', async () => {
    await put(leader, 'any', '1');
    expect((await put(leader, 'any', '2', { 'If-Match': '*' })).status).toBe(200);
  });

  test('DELETE takes If-Match', async () => {
    const revision = await revisionOf(await put(leader, 'cad', '1'));
    const refused = await del(leader, 'cad', { 'If-Match': `"${revision + 1000}"` });
    expect([refused.status, await refused.json()]).toEqual([412, { revision }]);
    expect((await del(leader, 'cad', { 'If-Match': `"${revision}"` })).status).toBe(200);
  });

  test('of writers that race on one revision, exactly one wins', async () => {
    const revision = await revisionOf(await put(leader, 'race', 'start'));
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => put(cluster.members[n % 3]?.server.url ?? '', 'race', `${n}`, { 'If-Match': `"${revision}"` })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(11).fill(412)]);
  });
});

describe('what is refused', () => {
  async function errorOf(response: Response | Promise<Response>): Promise<{ status: number; error: string; message: string }> {
    const { status } = await response;
    return { status, ...((await (await response).json()) as { error: string; message: string }) };
  }

  test('a missing key is 404', async () => {
    expect(await errorOf(get(leader, 'missing'))).toMatchObject({ status: 404, error: 'notFound', message: 'there is no key "missing"' });
    expect(await errorOf(get(follower, 'missing'))).toMatchObject({ status: 404 });
  });

  test('an unknown path is 404', async () => {
    for (const path of ['/', '/v1/kv', '/v1/kvs/a', '/v2/kv/a', '/constructor']) expect((await fetch(leader + path)).status).toBe(404);
  });

  test('a bad request is 400 with the reason', async () => {
    const cases: [Promise<Response>, RegExp][] = [
      [get(leader, ''), /key is empty/],
      [put(leader, '', 'x'), /key is empty/],
      [get(leader, '%zz'), /percent-encoding/],
      [get(leader, '%FF'), /UTF-8/],
      [get(leader, 'k'.repeat(1025)), /^the key is longer than 1024 bytes$/],
      [get(leader, 'k?consistancy=local'), /no parameter "consistancy"/],
      [get(leader, 'k?consistency=eventual'), /linearizable or local, not eventual/],
      [get(leader, 'k', { 'If-Match': '"1"' }), /If-Match is for writes/],
      [put(leader, 'k', 'x', { 'If-Match': '5' }), /double quotes/],
      [put(leader, 'k', 'x', { 'If-Match': '"1", "2"' }), /one revision/],
      [put(leader, 'k', 'x', { 'If-Match': 'W/"1"' }), /one revision/],
      [put(leader, 'k', 'x', { 'If-None-Match': '"1"' }), /only \*/],
      [put(leader, 'k', 'x', { 'If-None-Match': '*', 'If-Match': '"1"' }), /not both/],
      [del(leader, 'k', { 'If-None-Match': '*' }), /no sense/],
    ];
    for (const [response, reason] of cases) {
      const error = await errorOf(response);
      expect(error).toMatchObject({ status: 400, error: 'badRequest' });
      expect(error.message).toMatch(reason);
    }
    const raw = await rawRequest(leader, { method: 'GET', path: '/v1/kv/a\\b' });
    expect(raw.status).toBe(404);
    const twice = await rawRequest(leader, { method: 'PUT', path: '/v1/kv/k', headers: { 'If-Match': ['"1"', '"2"'] } });
    expect(twice.status).toBe(400);
  });

  test('bytes that are no request are 400 with a reason, and the connection ends', async () => {
    const { hostname, port } = new URL(leader);
    const socket = connect(Number(port), hostname);
    socket.write('garbage\r\n\r\n');
    const [head, body] = (await text(socket)).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/json\r\n/);
    expect(JSON.parse(body ?? '')).toMatchObject({ error: 'badRequest', message: expect.stringContaining('no valid HTTP request') });
  });

  test('a value over the limit is 413, told beforehand or not, and the connection goes on', async () => {
    const tooMuch = new Uint8Array(512 * 1024 + 1);
    expect(await errorOf(put(leader, 'big', tooMuch))).toMatchObject({ status: 413, error: 'tooLarge' });
    const chunks = Array.from({ length: 40 }, () => new Uint8Array(64 * 1024));
    const chunked = await rawRequest(leader, { method: 'PUT', path: '/v1/kv/big', headers: { 'Transfer-Encoding': 'chunked' }, chunks });
    expect(chunked.status).toBe(413);
    expect((await get(leader, 'big')).status).toBe(404);

    expect((await put(leader, 'big', tooMuch.subarray(1))).status).toBe(200);
    const inChunks = await rawRequest(follower, {
      method: 'PUT',
      path: '/v1/kv/big',
      headers: { 'Transfer-Encoding': 'chunked' },
      chunks: chunks.slice(0, 8),
    });
    expect(inChunks.status).toBe(200);
    expect((await (await get(follower, 'big')).arrayBuffer()).byteLength).toBe(512 * 1024);
  });

  test('another method is 405 and Allow says which there are', async () => {
    const key = await fetch(`${leader}/v1/kv/k`, { method: 'POST', body: 'x' });
    expect([key.status, key.headers.get('allow')]).toEqual([405, 'GET, HEAD, PUT, DELETE']);
    for (const path of ['/v1/status', '/healthz', '/readyz']) {
      const page = await fetch(leader + path, { method: 'PUT', body: 'x' });
      expect([page.status, page.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
  });
});

describe('pages for operators', () => {
  test('/v1/status tells what the node knows', async () => {
    const { id, server } = await cluster.leader();
    const follower = (await cluster.follower()).server.url;
    const status = (await (await fetch(`${follower}/v1/status`)).json()) as Record<string, unknown>;
    expect(status).toMatchObject({ role: 'follower', leaderId: id, blank: false, notice: null, forming: null });
    expect(status).toMatchObject({ configuration: { voters: [{ id: 'n1' }, { id: 'n2' }, { id: 'n3' }] } });
    for (const field of ['term', 'commitIndex', 'lastApplied', 'durableIndex']) expect(status[field]).toBeGreaterThan(0);
    expect(await (await fetch(`${server.url}/v1/status`)).json()).toMatchObject({ id, role: 'leader', leaderId: id });
  });

  test('/healthz and /readyz of a member that has caught up are 200', async () => {
    for (const { server } of cluster.members) {
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
      await until('readiness', async () => (await fetch(`${server.url}/readyz`)).status === 200);
    }
  });
});
