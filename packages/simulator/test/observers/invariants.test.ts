import { describe, expect, test } from 'vitest';
import { invariants, invariantTable } from '../../src/invariants/table.ts';
import { Violation } from '../../src/invariants/violation.ts';
import { noop, put, Stage } from './one-node-stage.ts';
import { ackOf, append, metaOf, violations, vote } from './violations.ts';

/** A short life in which everything is done that the violations do wrongly. */
function goodHistory(stage: Stage): void {
  const entries = [stage.configuration(1, stage.status(0).configuration?.voters ?? []), noop(2, 2), put(3, 2, 1)];
  stage.step(0, { role: 'candidate', term: 2, votedFor: 'n0' });
  for (const node of [0, 1, 2]) {
    stage.write(node, { hardState: { currentTerm: 2, votedFor: 'n0' } });
    stage.step(node, { term: 2, votedFor: 'n0' });
  }
  stage.say(0, 1, { type: 'RequestVote', term: 2, lastLogIndex: 1, lastLogTerm: 1 });
  stage.say(1, 0, vote);
  stage.step(0, { role: 'leader', leaderId: 'n0' });
  const operation = stage.invoke(1);
  stage.say(0, 1, append({ entries: [noop(2, 2)] }));
  stage.commit([0, 1], entries.slice(1));
  stage.say(1, 0, ackOf(3));
  for (const node of [0, 1]) stage.apply(node, entries, { result: { value: null } });
  stage.oracle.returned(operation, { type: 'ok', index: 3, result: { value: null } });
  stage.say(1, 0, { type: 'ReadIndex', term: 2, source: 7, id: 1 });
  stage.say(0, 1, { type: 'ReadIndexReply', term: 2, source: 7, id: 1, index: 3 });
  stage.oracle.returned(stage.invoke(2, 'read'), { type: 'ok', index: 3, result: { value: 'v1' } });
  stage.say(0, 2, {
    type: 'InstallSnapshot',
    term: 2,
    round: 0,
    transfer: 1,
    meta: metaOf(stage, 3, 2),
    offset: 0,
    data: new Uint8Array(0),
    done: true,
  });
  stage.write(2, { snapshot: metaOf(stage, 3, 2) });
  stage.step(2, { snapshotIndex: 3, commitIndex: 3, lastIndex: 3, durableIndex: 3 });
  stage.oracle.restores(stage.player(2), { index: 3, digest: 3 });
  stage.say(2, 0, { type: 'InstallSnapshotReply', term: 2, round: 0, transfer: 1, nextOffset: 0, installed: true });
  stage.oracle.crashed(stage.player(1));
  stage.start(1);
  stage.oracle.ended();
}

describe('an invariant', () => {
  test('says nothing of a good history', () => {
    expect(() => goodHistory(new Stage())).not.toThrow();
  });

  for (const { id, what, play } of violations) {
    test(`${id} fires when ${what}`, () => {
      const stage = new Stage({ only: id });
      const found = catchViolation(() => play(stage));
      expect(found?.invariant, found?.message).toBe(id);
    });

    test(`${id} may be switched off, and nobody else stops when ${what}`, () => {
      const stage = new Stage({ off: new Set(invariants.map((invariant) => invariant.id)) });
      expect(() => play(stage)).not.toThrow();
    });
  }

  test('is shown to fire, whichever it is', () => {
    const shown = new Set(violations.map(({ id }) => id));
    expect(invariants.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
  });
});

describe('the table of invariants', () => {
  test('has one line for each', () => {
    expect(invariantTable()).toContain('| I01 | one leader per term | §5.2, Figure 3 | `ElectionSafety` | an observer |');
    expect(invariantTable()).toContain('waits for leases');
  });

  test('has an id for each once', () => {
    const ids = invariants.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

function catchViolation(play: () => void): Violation | undefined {
  try {
    play();
  } catch (error) {
    if (error instanceof Violation) return error;
    throw error;
  }
  return undefined;
}
