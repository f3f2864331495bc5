import { decodeFrame, type Handshake, spokenVersions } from '@raft/wire';
import { describe, expect, test } from 'vitest';
import { encodeHello, findRefusal, identityOf, isSameIdentity, maxHandshakeBytes, mayReplace } from './handshake.ts';

const hex = (digit: string): string => digit.repeat(32);
const ours = { id: 'n1', storageId: hex('1'), clusterId: hex('c') };
const theirs: Handshake = { id: 'n2', storageId: hex('2'), clusterId: hex('c'), ...spokenVersions };

describe('a handshake', () => {
  test('tells an identity, with a cluster or without, in few bytes', () => {
    for (const identity of [ours, { id: 'n'.repeat(64), storageId: hex('f') }]) {
      const frame = encodeHello(identity);
      expect(frame.length).toBeLessThan(maxHandshakeBytes);
      const decoded = decodeFrame(frame);
      expect(decoded.kind === 'handshake' && identityOf(decoded.handshake)).toEqual(identity);
    }
  });

  test('is accepted from a node of this cluster, and by and from a blank node', () => {
    const { clusterId: _none, ...blank } = theirs;
    expect(findRefusal({ ours, theirs })).toBeUndefined();
    expect(findRefusal({ ours, theirs, expectedId: 'n2' })).toBeUndefined();
    expect(findRefusal({ ours, theirs: blank })).toBeUndefined();
    expect(findRefusal({ ours: { id: 'n1', storageId: hex('1') }, theirs })).toBeUndefined();
  });

  test.each([
    [{ ...theirs, id: 'n1', storageId: hex('1') }, 'it is this very node'],
    [{ ...theirs, id: 'n1' }, 'another node says that it is n1, as this one is'],
    [{ ...theirs, id: 'n3' }, 'node n3 answers there, not n2'],
    [{ ...theirs, minVersion: 7, maxVersion: 9 }, 'n2 speaks versions 7 to 9 of the wire format, this node version 1'],
    [{ ...theirs, clusterId: hex('d') }, `n2 belongs to cluster ${hex('d')}, this node to ${hex('c')}`],
  ])('is refused with a sentence: %#', (handshake, reason) => {
    expect(findRefusal({ ours, theirs: handshake, expectedId: 'n2' })).toBe(reason);
  });

  test('leads both ends to the same verdict', () => {
    const identities = ['1', '2'].flatMap((storage) => [undefined, 'c', 'd'].map((cluster) => ({ storage, cluster })));
    const all = ['n1', 'n2'].flatMap((id) =>
      identities.map(({ storage, cluster }) => ({ id, storageId: hex(storage), ...(cluster && { clusterId: hex(cluster) }) })),
    );
    for (const a of all) {
      for (const b of all) {
        const [atA, atB] = [
          findRefusal({ ours: a, theirs: { ...b, ...spokenVersions } }),
          findRefusal({ ours: b, theirs: { ...a, ...spokenVersions } }),
        ];
        expect(atA === undefined).toBe(atB === undefined);
      }
    }
  });

  test('takes the place of a connected node if it has the same storage, or is a member where a blank one stands', () => {
    const blank = (storage: string) => ({ id: 'n2', storageId: hex(storage) });
    const member = (storage: string) => ({ ...blank(storage), clusterId: hex('c') });
    const allowed: unknown[] = [];
    for (const [kind, us] of Object.entries({ member: ours, blank: { id: 'n1', storageId: hex('1') } })) {
      for (const standing of [blank('2'), member('2')]) {
        for (const newcomer of [blank('2'), member('2')]) expect(mayReplace({ ours: us, standing, newcomer })).toBe(true);
        for (const newcomer of [blank('3'), member('3')])
          if (mayReplace({ ours: us, standing, newcomer })) allowed.push([kind, standing, newcomer]);
      }
    }
    expect(allowed).toEqual([['member', blank('2'), member('3')]]);
  });

  test('tells whether an identity is still the same', () => {
    expect(isSameIdentity(ours, { ...ours })).toBe(true);
    for (const other of [
      { ...ours, id: 'n2' },
      { ...ours, storageId: hex('9') },
      { ...ours, clusterId: hex('9') },
      { id: 'n1', storageId: hex('1') },
    ]) {
      expect(isSameIdentity(ours, other)).toBe(false);
    }
  });
});
