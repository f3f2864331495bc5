import { expect, test } from 'vitest';
import { view } from '../test/views.ts';
import { childNews, leaderNews } from './news.ts';

test('news of a leader come when it changes, and when there is none', () => {
  const led = [view('n1', { role: 'leader', leaderId: 'n1', term: 2 }), view('n2', { leaderId: 'n1', term: 2 })];
  const lost = [view('n1'), view('n2', { leaderId: null, term: 2 })];
  const again = [view('n1'), view('n2', { role: 'leader', leaderId: 'n2', term: 3 })];
  expect(leaderNews(led, led)).toBeUndefined();
  expect(leaderNews(led, lost)).toBe('no leader; an election is on');
  expect(leaderNews(lost, lost)).toBeUndefined();
  expect(leaderNews(lost, again)).toBe('n2 leads term 3');
  expect(leaderNews(led, again)).toBe('n2 leads term 3');
});

test('what a node says is shown only when it is a sentence for people, or when all is asked for', () => {
  const { member } = view('n2');
  expect(childNews(member, { type: 'said', stream: 'out', line: 'n2 follows n1' }, false)).toBeUndefined();
  expect(childNews(member, { type: 'said', stream: 'out', line: 'n2 follows n1' }, true)).toBe('n2 | n2 follows n1');
  expect(childNews(member, { type: 'said', stream: 'err', line: 'raft-kv: oh' }, false)).toBe('n2: oh');
});

test('a death names its cause and the delay', () => {
  const { member } = view('n2');
  expect(childNews(member, { type: 'died', how: 'SIGKILL', why: '', delayMs: 500 }, false)).toBe(
    'n2 died (SIGKILL); starting it again in 0.50 s',
  );
  expect(childNews(member, { type: 'died', how: 'exit code 1', why: 'TypeError: no', delayMs: 500 }, false)).toBe(
    'n2 died (exit code 1, TypeError: no); starting it again in 0.50 s',
  );
  expect(childNews(member, { type: 'refused', code: 3 }, false)).toBe('n2 refuses to start (exit code 3) and is left alone');
});
