import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { invariantRows } from '../src/invariants/table.ts';
import { faultOf } from './anchors.ts';
import { kindOf } from './bug.ts';
import { invariantsToSwitchOff } from './invariants.ts';
import { Keeper } from './run-bug.ts';
import { catalogueIds, spreadOf, zoo } from './table.ts';
import { root, WorkspaceCopy } from './workspace-copy.ts';

describe('the zoo', () => {
  test('has every bug of the catalogue, and no other', () => {
    expect([...new Set(zoo.map(({ id }) => id))].sort()).toEqual(catalogueIds.toSorted());
  });

  test('has no two bugs of one name', () => {
    const names = zoo.map(({ name }) => name);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  test('finds each place that a bug changes exactly once in today’s code', () => {
    const faults = zoo.flatMap((bug) => {
      const fault = faultOf(root, bug);
      return fault === undefined ? [] : [`${bug.id} ${bug.name}: ${fault}`];
    });
    expect(faults).toEqual([]);
  });

  test('has changes for every bug that is to be caught', () => {
    const empty = zoo.filter((bug) => bug.changes.length === 0 && !['equivalent', 'waits'].includes(kindOf(bug)));
    expect(empty.map(({ name }) => name)).toEqual([]);
  });

  test('names, for each invariant, a bug that it has or a reason', () => {
    expect(invariantsToSwitchOff.map(({ invariant }) => invariant)).toEqual(invariantRows.map(({ id }) => id));
    const names = new Set(zoo.map(({ name }) => name));
    const unknown = invariantsToSwitchOff.filter((row) => 'bug' in row && !names.has(row.bug));
    expect(unknown).toEqual([]);
  });

  test('chooses a sample from everywhere, always the same one', () => {
    expect(spreadOf(zoo, 10)).toEqual(spreadOf(zoo, 10));
    expect(new Set(spreadOf(zoo, 10)).size).toBe(10);
    expect(spreadOf(zoo, 1000)).toEqual(zoo);
  });
});

// Few and quick ones: the whole zoo is a command, `pnpm zoo`.
describe('bugs in a copy of the workspace', () => {
  let copy: WorkspaceCopy;
  let keeper: Keeper;
  beforeAll(() => {
    copy = new WorkspaceCopy();
    keeper = new Keeper(copy, { seeds: 500, cpuSeconds: 30 });
  });
  afterAll(() => copy[Symbol.dispose]());

  for (const name of ['votes twice in a term', 'logs are compared by index only', 'frames are views of the socket’s buffer']) {
    const bug = zoo.find((other) => other.name === name);
    if (bug === undefined) throw new Error(`no bug is called “${name}”`);
    test(`${bug.id}, ${name}: is caught`, { timeout: 120_000 }, async () => {
      expect(await keeper.run(bug)).toMatchObject({ kind: 'caught' });
    });
  }

  test('a mistake of the zoo is told from a catch', { timeout: 120_000 }, async () => {
    const change = { file: 'packages/core/src/protocol/quorum.ts', find: 'Math.floor(voters / 2) + 1', replace: 'voters.halved() + 1' };
    const bug = { id: 'E15', name: 'a typo', changes: [change], caughtBy: { seeds: ['I22'] } };
    expect(await keeper.run(bug)).toMatchObject({ kind: 'broken', detail: expect.stringContaining('mistake of the zoo') });
    const unloadable = { ...bug, changes: [{ ...change, replace: 'const' }] };
    expect(await keeper.run(unloadable)).toMatchObject({ kind: 'broken', detail: expect.stringContaining('does not run') });
  });

  test('a bug that nothing sees, or that is seen by what should not see it, is missed', { timeout: 120_000 }, async () => {
    const quick = new Keeper(copy, { seeds: 5, cpuSeconds: 30 });
    const file = 'packages/core/src/protocol/quorum.ts';
    const harmless = { file, find: 'Math.floor(voters / 2) + 1', replace: 'Math.trunc(voters / 2) + 1' };
    const bug = { id: 'E15', name: 'none', changes: [harmless], caughtBy: { seeds: ['I01'] } };
    expect(await quick.run(bug)).toMatchObject({ kind: 'missed', seeds: 5 });
    expect(await quick.run({ ...bug, caughtBy: { equivalent: 'it is' } })).toMatchObject({ kind: 'equivalent' });
    const half = { ...harmless, replace: 'Math.max(1, Math.floor(voters / 2))' };
    expect(await keeper.run({ ...bug, changes: [half], caughtBy: { seeds: ['I99'] } })).toMatchObject({
      kind: 'missed',
      detail: /not expected/,
    });
  });
});
