import { expect, test } from 'vitest';
import { view } from '../test/views.ts';
import { isSettled, leaderOf } from './cluster.ts';

test('of two that claim to lead, the one of the higher term does', () => {
  const views = [view('n1', { role: 'leader', term: 2 }), view('n2', { role: 'leader', term: 3 }), view('n3')];
  expect(leaderOf(views)?.member.id).toBe('n2');
  expect(leaderOf([view('n1', { role: 'candidate', term: 4 })])).toBeUndefined();
});

test('a cluster is settled when all that should run follow one leader', () => {
  const leader = view('n1', { role: 'leader', leaderId: 'n1', term: 2 });
  const follower = view('n2', { leaderId: 'n1', term: 2 });
  expect(isSettled([leader, follower])).toBe(true);
  expect(isSettled([leader, view('n2', { leaderId: 'n1', term: 1 })])).toBe(false);
  expect(isSettled([leader, view('n2', { leaderId: 'n1', term: 2, blank: true })])).toBe(false);
  expect(isSettled([leader, view('n2')])).toBe(false);
  expect(isSettled([leader, view('n2', undefined, false)])).toBe(true);
  expect(isSettled([follower])).toBe(false);
});
