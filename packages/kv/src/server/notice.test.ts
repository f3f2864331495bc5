import { describe, expect, test } from 'vitest';
import { noticeOf } from './notice.ts';

const member = { id: 'n1', role: 'follower', reason: null, blank: false, forming: null } as const;

describe('the notice of a node', () => {
  test('is null while the node takes part', () => {
    expect(noticeOf(member)).toBeNull();
  });

  test('says why it has stopped', () => {
    expect(noticeOf({ ...member, role: 'stopped', reason: 'the disk is full' })).toBe('n1 has stopped: the disk is full');
  });

  test('says that it is blank and what it waits for', () => {
    expect(noticeOf({ ...member, blank: true })).toMatch(/n1 is blank .* waits to be added/);
    expect(noticeOf({ ...member, blank: true, forming: { missing: ['n2', 'n3'], foreign: [] } })).toMatch(/n1 is blank .* hear of n2, n3/);
    expect(noticeOf({ ...member, blank: true, forming: { missing: [], foreign: ['n2', 'n3'] } })).toMatch(
      /n1 is blank .* n2, n3 already belong to a cluster without this storage of n1; .*they go on without it .* or every node starts over/,
    );
    expect(noticeOf({ ...member, blank: true, forming: { missing: ['n3'], foreign: ['n2'] } })).toMatch(
      /hear of n3 .*; n2 already belongs/,
    );
  });
});
