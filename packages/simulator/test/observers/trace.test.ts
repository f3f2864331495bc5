import { describe, expect, test } from 'vitest';
import { Trace, traceHeader } from '../../src/trace/trace.ts';
import { Stage } from './one-node-stage.ts';

describe('the trace', () => {
  test('has a line per event, with each thing in its column', () => {
    const trace = new Trace(true);
    trace.note(0, -1, 'heal', () => 'for good');
    const stage = new Stage({ also: [trace.observer] });
    stage.elect(0, 2);
    trace.note(1_234_567, 0, 'send', () => 'to n1');
    trace.note(98_765_432_109, 1, 'InstallSnapshot', () => 'longer than its column');
    expect([traceHeader, ...(trace.lines ?? [])].join('\n')).toBe(
      [
        '          ms who r  term commit   last  what          ',
        '       0.000 --  -     -      -      -  heal           for good',
        '    1234.567 n0  L     2      1      1  send           to n1',
        '98765432.109 n1  F     2      1      1  InstallSnapshot longer than its column',
      ].join('\n'),
    );
  });

  test('has the same hash whether it is read or not', () => {
    const [read, unread] = [new Trace(true), new Trace(false)];
    for (const trace of [read, unread]) trace.note(7, 1, 'send', () => 'to n1');
    read.remark(8, 1, 'lost', () => 'to n1');
    expect(read.lines?.length).toBe(2);
    expect(read.events).toBe(1);
    expect(unread.lines).toBeUndefined();
    expect(read.hash).toBe(unread.hash);
  });
});
