import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { MemoryCluster, quick } from './memory-cluster.ts';
import { rawRequest } from './raw-request.ts';
import { until } from './until.ts';

const put = (url: string, key: string, body: string): Promise<Response> => fetch(`${url}/v1/kv/${key}`, { method: 'PUT', body });
const get = (url: string, path: string): Promise<Response> => fetch(`${url}/v1/kv/${path}`);

async function errorOf(response: Response): Promise<{ readonly status: number; readonly error: string; readonly message: string }> {
  return { status: response.status, ...((await response.json()) as { error: string; message: string }) };
}

describe('a leader that is cut off from both followers', () => {
  test.each([{ silently: true }, { silently: false }])('answers no linearizable GET (%j), and the others go on', async (how) => {
    await using cluster = await MemoryCluster.start({ config: quick, requestTimeoutMs: 2000 });
    const old = await cluster.leader();
    expect((await put(old.server.url, 'k', 'before')).status).toBe(200);

    cluster.network.isolate(old.id, how);
    const reads = Array.from({ length: 5 }, () => get(old.server.url, 'k'));
    const others = cluster.members.filter((member) => member !== old);
    const next = await cluster.leader(others);
    expect((await put(next.server.url, 'k', 'after')).status).toBe(200);
    reads.push(...Array.from({ length: 5 }, () => get(old.server.url, 'k')));

    for (const response of await Promise.all(reads)) {
      expect(response.headers.get('retry-after')).toBe('1');
      expect(await errorOf(response)).toMatchObject({
        status: 503,
        error: 'noLeader',
        message: expect.stringContaining('nothing happened'),
      });
    }
    expect(await (await get(old.server.url, 'k?consistency=local')).text()).toBe('before');

    cluster.network.rejoin(old.id);
    await until('the old leader follows', () => old.server.node.status().leaderId === next.id);
    expect(await (await get(old.server.url, 'k')).text()).toBe('after');
  });

  test('does not know what becomes of a write: 504 says so', async () => {
    await using cluster = await MemoryCluster.start({ config: { outcomeTimeoutMs: 1000 } });
    const leader = await cluster.leader();
    cluster.network.isolate(leader.id, { silently: true });
    const response = await put(leader.server.url, 'k', 'perhaps');
    expect(await errorOf(response)).toMatchObject({
      status: 504,
      error: 'unknownOutcome',
      message: expect.stringContaining('may have happened'),
    });
  });
});

describe('without a leader', () => {
  test('a request waits, then is 503 with Retry-After, and nothing happened', async () => {
    await using cluster = await MemoryCluster.start({ config: quick, requestTimeoutMs: 500 });
    const follower = await cluster.follower();
    cluster.network.isolate(follower.id, { silently: false });
    await until('no leader is known', () => follower.server.node.status().leaderId === null);

    for (const response of [await put(follower.server.url, 'k', 'never'), await get(follower.server.url, 'k')]) {
      expect(response.headers.get('retry-after')).toBe('1');
      expect(await errorOf(response)).toMatchObject({ status: 503, error: 'noLeader' });
    }
    expect((await fetch(`${follower.server.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${follower.server.url}/healthz`)).status).toBe(200);

    cluster.network.rejoin(follower.id);
    await until('the follower is back', async () => (await fetch(`${follower.server.url}/readyz`)).status === 200);
    expect((await get(follower.server.url, 'k')).status).toBe(404);
  });

  test('a request is served as soon as there is one', async () => {
    await using cluster = await MemoryCluster.start({ config: quick, requestTimeoutMs: 30_000 });
    const follower = await cluster.follower();
    cluster.network.isolate(follower.id, { silently: false });
    await until('no leader is known', () => follower.server.node.status().leaderId === null);
    const waiting = put(follower.server.url, 'k', 'later');
    cluster.network.rejoin(follower.id);
    expect((await waiting).status).toBe(200);
  });
});

describe('a node with too much to do', () => {
  test('answers 503 at once', async () => {
    await using cluster = await MemoryCluster.start({ config: { maxPendingRequests: 1, outcomeTimeoutMs: 1000 } });
    const leader = await cluster.leader();
    await until('readiness', async () => (await fetch(`${leader.server.url}/readyz`)).status === 200);
    cluster.network.isolate(leader.id, { silently: true });
    const answers = await Promise.all([put(leader.server.url, 'k', '1'), put(leader.server.url, 'k', '2')]);
    const errors = await Promise.all(answers.map(errorOf));
    expect(errors.map(({ error }) => error).sort()).toEqual(['overloaded', 'unknownOutcome']);
    expect(answers.find(({ status }) => status === 503)?.headers.get('retry-after')).toBe('1');
  });
});

describe('a node that holds as many bytes of bodies as it may', () => {
  const limits = { maxValueBytes: 100_000, maxBodyBytesHeld: 100_000 };
  const ways = {
    announced: { headers: { 'Content-Length': '60000' }, chunks: [new Uint8Array(60_000)] },
    'in chunks': { headers: { 'Transfer-Encoding': 'chunked' }, chunks: [new Uint8Array(30_000), new Uint8Array(30_000)] },
  };

  test.each(Object.entries(ways))('refuses another one with 503, and takes it once there is room: %s', async (_, way) => {
    await using cluster = await MemoryCluster.start({ config: quick, requestTimeoutMs: 30_000, limits });
    const { id, server } = await cluster.follower();
    cluster.network.isolate(id, { silently: false });
    await until('no leader is known', () => server.node.status().leaderId === null);

    const send = (path: string) => rawRequest(server.url, { method: 'PUT', path, ...way });
    const both = [send('/v1/kv/a'), send('/v1/kv/b')];
    // Both together are too much, and nothing else answers as long as there is no leader.
    const refused = await Promise.race(both);
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' }, body: expect.stringContaining('"overloaded"') });
    cluster.network.rejoin(id);
    expect((await Promise.all(both)).map(({ status }) => status).sort()).toEqual([200, 503]);
    expect((await send('/v1/kv/c')).status).toBe(200);
  });

  test('counts no body that was refused', async () => {
    await using cluster = await MemoryCluster.start({ limits });
    const { server } = await cluster.leader();
    const tooLarge = { headers: { 'Transfer-Encoding': 'chunked' }, chunks: [new Uint8Array(90_000), new Uint8Array(90_000)] };
    for (let time = 0; time < 3; time += 1) {
      expect((await rawRequest(server.url, { method: 'PUT', path: '/v1/kv/k', ...tooLarge })).status).toBe(413);
    }
    expect((await put(server.url, 'k', 'x'.repeat(100_000))).status).toBe(200);
  });

  test('counts a body that is still coming in, until it breaks off', async () => {
    await using cluster = await MemoryCluster.start({ limits });
    const { server } = await cluster.leader();
    const { hostname, port } = new URL(server.url);
    const slow = connect({ host: hostname, port: Number(port) });
    slow.write(`PUT /v1/kv/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n${'x'.repeat(60_000)}`);
    const largest = (): Promise<Response> => put(server.url, 'k', 'x'.repeat(100_000));
    await until('no room', async () => (await largest()).status === 503);
    slow.destroy();
    await until('room again', async () => (await largest()).status === 200);
  });

  test('may be no less than what one value takes', async () => {
    const start = MemoryCluster.start({ size: 1, limits: { maxValueBytes: 1000, maxBodyBytesHeld: 999 } });
    await expect(start).rejects.toMatchObject({ code: 'invalidArgument', message: expect.stringContaining('maxBodyBytesHeld') });
  });
});

describe('a node whose storage failed', () => {
  test('stays up and says so, while the others serve', async () => {
    await using cluster = await MemoryCluster.start();
    const follower = await cluster.follower();
    follower.disk.crash();
    expect((await put((await cluster.leader()).server.url, 'k', 'v')).status).toBe(200);
    await until('the node has stopped', () => follower.server.node.status().role === 'stopped');

    for (const path of ['/healthz', '/readyz', '/v1/kv/k']) {
      const response = await fetch(follower.server.url + path);
      expect(await errorOf(response)).toMatchObject({ status: 503, error: 'stopped', message: expect.stringContaining('has stopped') });
    }
    expect((await put(follower.server.url, 'k', 'w')).status).toBe(503);
    const status = await (await fetch(`${follower.server.url}/v1/status`)).json();
    expect(status).toMatchObject({ role: 'stopped', notice: expect.stringContaining('has stopped') });
  });
});

describe('a client that goes away', () => {
  test('in the midst of a body or before the answer, does no harm', async () => {
    await using cluster = await MemoryCluster.start({ requestTimeoutMs: 30_000 });
    const leader = await cluster.leader();
    const { hostname, port } = new URL(leader.server.url);
    const sendAndLeave = (text: string): Promise<void> =>
      new Promise((resolve) => {
        const socket = connect({ host: hostname, port: Number(port) }, () => {
          socket.write(text, () => socket.resetAndDestroy());
        });
        socket.on('error', () => undefined);
        socket.on('close', () => resolve());
      });
    await sendAndLeave('PUT /v1/kv/half HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this');
    await sendAndLeave('PUT /v1/kv/half HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nonly');
    await sendAndLeave('GET /v1/kv/half HTTP/1.1\r\nHost: x\r\n\r\n');
    await sendAndLeave('nonsense\r\n\r\n');
    expect((await get(leader.server.url, 'half')).status).toBe(404);
    await put(leader.server.url, 'whole', 'v');
    expect(await (await get(leader.server.url, 'whole')).text()).toBe('v');
  });
});

describe('a server that is closed', () => {
  test('finishes what is under way and takes no more', async () => {
    await using cluster = await MemoryCluster.start({ requestTimeoutMs: 30_000 });
    const leader = await cluster.leader();
    cluster.network.isolate(leader.id, { silently: true });
    const { lastIndex } = leader.server.node.status();
    const write = put(leader.server.url, 'k', 'v');
    await until('the write is under way', () => leader.server.node.status().lastIndex > lastIndex);

    const closed = leader.server.close();
    await expect(get(leader.server.url, 'k')).rejects.toThrow();
    cluster.network.rejoin(leader.id);
    expect((await write).status).toBe(200);
    await closed;

    const next = await cluster.leader(cluster.members.filter((member) => member !== leader));
    expect(await (await get(next.server.url, 'k')).text()).toBe('v');
  });
});
