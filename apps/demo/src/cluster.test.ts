import { expect, test } from 'vitest';
import { view } from '../test/views.ts';
import { hasMajority, isSettled, lacksMajority, leaderOf } from './cluster.ts';

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

test('a node that lost its data is not waited for', () => {
  const leader = view('n1', { role: 'leader', leaderId: 'n1', term: 2 });
  const follower = view('n3', { leaderId: 'n1', term: 2 });
  const lost = view('n2', { blank: true, term: 0, forming: { missing: [], foreign: ['n1', 'n3'] } });
  expect(isSettled([leader, lost, follower])).toBe(true);
  expect(lacksMajority([leader, lost, follower])).toBe(false);
  expect(lacksMajority([leader, lost, view('n3', undefined, false)])).toBe(true);
});

test('a majority stands when more than half follow one leader', () => {
  const leader = view('n1', { role: 'leader', leaderId: 'n1', term: 2 });
  const follower = view('n2', { leaderId: 'n1', term: 2 });
  expect(hasMajority([leader, follower, view('n3')])).toBe(true);
  expect(hasMajority([leader, view('n2', { leaderId: null, term: 2 }), view('n3')])).toBe(false);
  expect(lacksMajority([leader, view('n2'), view('n3')])).toBe(false);
});
