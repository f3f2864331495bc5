import { describe, expect, test } from 'vitest';
import { formatAddress, parseAddress } from './address.ts';

describe('parseAddress', () => {
  test.each([
    ['tcp://127.0.0.1:9081', { host: '127.0.0.1', port: 9081 }],
    ['tcp://[::1]:0', { host: '::1', port: 0 }],
    ['tcp://[fe80::1]:65535', { host: 'fe80::1', port: 65_535 }],
    ['tcp://node-1.raft_cluster.local:80', { host: 'node-1.raft_cluster.local', port: 80 }],
  ])('splits %s', (address, parts) => {
    expect(parseAddress(address)).toEqual(parts);
    expect(formatAddress(parts)).toBe(address);
  });

  test('takes a slash at the end', () => {
    expect(parseAddress('tcp://localhost:1/')).toEqual({ host: 'localhost', port: 1 });
  });

  test.each([
    '',
    'tcp://',
    'tcp://host',
    'tcp://:9081',
    'tcp://host:',
    'tcp://host:65536',
    'tcp://host:-1',
    'tcp://host:1x',
    'tcp://host:123456',
    'tcp://::1:9081',
    'tcp://[::1:9081',
    'tcp://user@host:1',
    'tcp://host:1/path',
    'tcp://host:1?query',
    ' tcp://host:1',
    'tcp://host:1\n',
    'ws://host:1',
    '127.0.0.1:9081',
  ])('refuses %j and names it', (address) => {
    expect(() => parseAddress(address)).toThrow(
      expect.objectContaining({ code: 'invalidArgument', message: expect.stringContaining(JSON.stringify(address)) }),
    );
  });
});
