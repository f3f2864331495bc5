import { expect, test } from 'vitest';
import { view } from '../test/views.ts';
import { childNews, clusterNotices, clusterTable, leaderNews, minorityNews, returnedAmong } from './news.ts';

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
  expect(childNews(member, { type: 'refused', code: 3 }, false)).toBe(
    'n2 refuses to start (exit code 3) and is left alone; see its message, mend or move away n2, then start again',
  );
  expect(childNews(member, { type: 'died', how: 'exit code 0', why: '', delayMs: 500 }, false)).toBe(
    'n2 ended (exit code 0); starting it again in 0.50 s',
  );
});

test('what a blank node wants people to know stands below the table, in lines that fit', () => {
  const views = [view('n1'), view('n2', { blank: true, notice: 'word '.repeat(40).trim() })];
  expect(clusterTable(views).at(-1)).toMatch(/ blank$/);
  const lines = clusterNotices(views);
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
  expect(lines[0]).toMatch(/^n2: word/);
});

test('a node that looks for votes is said to look for a leader', () => {
  expect(clusterTable([view('n1', { role: 'preCandidate' })]).at(-1)).toMatch(/looking for a leader$/);
});

test('a minority is said in words', () => {
  const rest = 'without a majority no write and no linearizable read is possible';
  const gone = view('n2', undefined, false);
  const blank = view('n3', { blank: true, forming: { missing: [], foreign: ['n1'] } });
  expect(minorityNews([view('n1', {}), gone, gone])).toBe(`1 of 3 nodes runs: ${rest}`);
  expect(minorityNews([view('n1', {}), gone, blank])).toBe(`1 of 3 nodes has data and runs: ${rest}`);
});

test('a node is back when it has applied what was committed', () => {
  const leader = view('n1', { role: 'leader', leaderId: 'n1', term: 2, commitIndex: 9 });
  const behind = view('n2', { leaderId: 'n1', term: 2, lastApplied: 8 });
  const level = view('n2', { leaderId: 'n1', term: 2, lastApplied: 9 });
  expect(returnedAmong(['n2'], [leader], [leader, behind])).toEqual([]);
  expect(returnedAmong(['n2'], [leader], [leader, level])).toEqual(['n2']);
  expect(returnedAmong([], [leader], [leader, level])).toEqual([]);
});
