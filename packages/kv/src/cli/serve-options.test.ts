import { describe, expect, test } from 'vitest';
import { parseServeOptions } from './serve-options.ts';

const good = { id: 'n1', data: 'd', http: '127.0.0.1:8081', raft: '127.0.0.1:9081', cluster: 'n1=127.0.0.1:9081,n2=[::1]:9082' };

function messageOf(given: Record<string, unknown>): string {
  try {
    parseServeOptions(given);
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalidArgument' });
    return (error as Error).message;
  }
  throw new Error('accepted');
}

describe('options of serve', () => {
  test('are taken apart', () => {
    expect(parseServeOptions({ ...good, bootstrap: true })).toEqual({
      id: 'n1',
      data: 'd',
      http: { host: '127.0.0.1', port: 8081 },
      raft: { host: '127.0.0.1', port: 9081 },
      cluster: [
        { id: 'n1', address: 'tcp://127.0.0.1:9081', host: '127.0.0.1', port: 9081 },
        { id: 'n2', address: 'tcp://[::1]:9082', host: '::1', port: 9082 },
      ],
      bootstrap: true,
      clusterName: 'raft-kv',
    });
  });

  test.each([
    [{ id: undefined }, /^--id is missing/],
    [{ id: 'a b' }, /node id/],
    [{ id: 'n3' }, /^--id n3 is not in --cluster$/],
    [{ data: undefined }, /^--data is missing/],
    [{ data: '' }, /^--data must not be empty$/],
    [{ http: '8081' }, /^--http must be HOST:PORT .* not "8081"$/],
    [{ http: '127.0.0.1:65536' }, /^--http must be/],
    [{ raft: '127.0.0.1:0' }, /^--raft must be HOST:PORT with a port from 1/],
    [{ raft: 'tcp://127.0.0.1:1' }, /^--raft must be/],
    [{ raft: good.http }, /same address/],
    [{ cluster: undefined }, /^--cluster is missing/],
    [{ cluster: 'n1' }, /"n1" is not of that form/],
    [{ cluster: 'n1=127.0.0.1:9081,' }, /"" is not of that form/],
    [{ cluster: 'n1=127.0.0.1:99999' }, /is not of that form/],
    [{ cluster: 'n1=127.0.0.1:9081,n1=127.0.0.1:9082' }, /^--cluster names n1 twice$/],
    [{ cluster: 'n1=127.0.0.1:9081,n2=127.0.0.1:9081' }, /gives 127.0.0.1:9081 to two nodes$/],
    [{ clusterName: '' }, /^--cluster-name/],
  ])('%j is a mistake that is named', (change, message) => {
    expect(messageOf({ ...good, ...change })).toMatch(message);
  });

  test('two mistakes are both named', () => {
    expect(messageOf({ ...good, id: undefined, http: 'x' })).toMatch(/^--id is missing.*\n--http must be.*$/);
  });
});
