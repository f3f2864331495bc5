import { describe, expect, test } from 'vitest';
import { parseAddress } from './address.ts';

describe('parseAddress', () => {
  test.each([
    ['ws://127.0.0.1:9081/raft', 'ws://127.0.0.1:9081/raft'],
    ['ws://[::1]:9081', 'ws://[::1]:9081/'],
    ['wss://node1.example/raft?group=1', 'wss://node1.example/raft?group=1'],
    ['WSS://Node1.Example:443', 'wss://node1.example/'],
  ])('takes %s', (address, href) => {
    expect(parseAddress(address).href).toBe(href);
  });

  test.each([
    '',
    'ws://',
    'ws://host:65536',
    'ws://host:1x',
    'ws://user@host:1',
    'ws://user:secret@host:1',
    'ws://host/#there',
    'ws://host/#',
    'http://host:1',
    'tcp://host:1',
    '127.0.0.1:9081',
    '/raft',
  ])('refuses %j and names it', (address) => {
    expect(() => parseAddress(address)).toThrow(
      expect.objectContaining({ code: 'invalidArgument', message: expect.stringContaining(JSON.stringify(address)) }),
    );
  });
});
