import { type Entry, encodeEntry, type SnapshotMeta } from '@raft/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WriteBatch } from '../storage.ts';
import { LogPlan } from './log-plan.ts';
import { TermOutline } from './term-outline.ts';

const entry = (index: number, term: number): Entry => encodeEntry({ index, term, kind: 'command', data: new Uint8Array() });
const entries = (from: number, terms: readonly number[]): Entry[] => terms.map((term, at) => entry(from + at, term));
const meta = (lastIncludedIndex: number, lastIncludedTerm: number): SnapshotMeta => ({
  lastIncludedIndex,
  lastIncludedTerm,
  configuration: { voters: [] },
  configurationIndex: 1,
});

/** A plan of a log with these terms, from index 1 on. */
function planOf(...terms: number[]): { readonly plan: LogPlan; readonly outline: TermOutline } {
  const outline = new TermOutline();
  for (const term of terms) outline.append(term);
  return { outline, plan: new LogPlan(outline, undefined) };
}

function write(plan: LogPlan, batch: WriteBatch): void {
  plan.take(batch, plan.check(batch));
}

describe('a plan of the log', () => {
  test.each<[string, WriteBatch]>([
    ['a gap', { entries: [entry(5, 2)] }],
    ['an overlap', { entries: [entry(3, 2)] }],
    ['a gap within the batch', { entries: [entry(4, 2), entry(6, 2)] }],
    ['a term that falls', { entries: [entry(4, 1)] }],
    ['a term that falls within the batch', { entries: [entry(4, 3), entry(5, 2)] }],
    ['a truncation of nothing', { truncateFrom: 0, entries: [] }],
    ['a truncation that is no index', { truncateFrom: 2.5, entries: [] }],
    ['a truncation of what the batch’s own snapshot covers', { snapshot: meta(2, 1), truncateFrom: 2, entries: [] }],
  ])('refuses %s, and stays as it was', (_, batch) => {
    const { plan, outline } = planOf(1, 1, 2);
    expect(() => plan.check(batch)).toThrow(expect.objectContaining({ code: 'invalidArgument' }));
    expect([outline.lastIndex, outline.runs]).toEqual([
      3,
      [
        { index: 1, term: 1 },
        { index: 3, term: 2 },
      ],
    ]);
  });

  test('refuses a snapshot older than the current one, and a truncation into the current one', () => {
    const { plan } = planOf(1, 1, 2);
    write(plan, { snapshot: meta(2, 1), entries: [] });
    expect(() => plan.check({ snapshot: meta(1, 1), entries: [] })).toThrow(/older than the current one, of 2/);
    expect(() => plan.check({ truncateFrom: 2, entries: [] })).toThrow(/the snapshot covers it/);
  });

  test('keeps a log that holds the snapshot’s last entry, and drops any other', () => {
    expect(planOf(1, 1, 2).plan.check({ snapshot: meta(2, 1), entries: [] })).toMatchObject({ dropsLog: false, lastIndex: 3 });
    expect(planOf(1, 1, 2).plan.check({ snapshot: meta(2, 2), entries: [] })).toMatchObject({ dropsLog: true, lastIndex: 2 });
    expect(planOf(1, 1, 2).plan.check({ snapshot: meta(9, 2), entries: [entry(10, 2)] })).toMatchObject({ dropsLog: true, lastIndex: 10 });
  });

  test('keeps a log that was compacted up to the very snapshot that comes again', () => {
    const { plan } = planOf(1, 1, 2);
    write(plan, { snapshot: meta(3, 2), entries: [] });
    plan.compact(3);
    expect(plan.check({ snapshot: meta(3, 2), entries: [] })).toMatchObject({ dropsLog: false });
    expect(plan.check({ snapshot: meta(3, 1), entries: [] })).toMatchObject({ dropsLog: true });
  });

  test('sees each batch behind those that were asked for before it', () => {
    const { plan } = planOf();
    write(plan, { entries: entries(1, [1, 1, 2]) });
    write(plan, { truncateFrom: 3, entries: entries(3, [3]) });
    expect(() => plan.check({ entries: [entry(4, 2)] })).toThrow(/behind term 3/);
    expect(plan.check({ truncateFrom: 9, entries: [entry(4, 3)] })).toEqual({ dropsLog: false, truncateFrom: undefined, lastIndex: 4 });
  });

  test('knows the terms of a log after any history', () => {
    const step = fc.record({
      cut: fc.option(fc.nat(6), { nil: undefined }),
      terms: fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 4 }),
      compact: fc.option(fc.nat(12), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const { plan, outline } = planOf();
        let model: number[] = [];
        let first = 1;
        for (const { cut, terms, compact } of steps) {
          const kept = cut === undefined ? model.length : Math.max(first - 1, model.length - cut);
          model = model.slice(0, kept);
          const added: number[] = [];
          for (const rise of terms) added.push((added.at(-1) ?? model.at(-1) ?? 1) + rise);
          write(plan, { ...(cut !== undefined && { truncateFrom: kept + 1 }), entries: entries(kept + 1, added) });
          model.push(...added);
          if (compact !== undefined && compact < model.length) {
            plan.compact(compact);
            first = Math.max(first, compact + 1);
          }
        }
        expect([outline.firstIndex, outline.lastIndex]).toEqual([first, model.length]);
        for (let index = 0; index <= model.length + 1; index += 1) {
          expect(outline.termAt(index)).toBe(index < first ? undefined : model[index - 1]);
        }
      }),
    );
  });
});
