import { describe, expect, test } from 'vitest';
import type { Observer } from '../invariants/observer.ts';
import { Violation } from '../invariants/violation.ts';
import { drawPlan } from '../world/draw-plan.ts';
import { type Plan, planSchema } from '../world/plan.ts';
import { runPlan } from './run-seed.ts';
import { type ShrinkOptions, shrink } from './shrink.ts';

/** Something that must not happen, for the sake of a test. */
type Planted = () => Observer;

function broken(text: string): never {
  throw new Violation('planted', text);
}

/** Three processes end, whichever. */
const threeCrashes: Planted = () => {
  let crashes = 0;
  return { crashed: () => ++crashes === 3 && broken('a third crash') };
};

/** A client's put takes effect behind a second election. */
const servedAfterElections: Planted = () => {
  let elections = 0;
  let term = 0;
  return {
    stepped: (_node, vitals) => {
      if (vitals.role === 'leader' && vitals.term > term) elections++;
      term = Math.max(term, vitals.role === 'leader' ? vitals.term : 0);
    },
    returned: ({ request }, { type }) => elections >= 2 && request.kind === 'put' && type === 'ok' && broken('served'),
  };
};

function withPlanted(planted: Planted): NonNullable<ShrinkOptions['run']> {
  return (plan, { observers }) => runPlan(plan, { observers: [planted(), ...observers] });
}

/** The first seed of the protocol's own level in which it happens. */
async function failingPlan(planted: Planted): Promise<Plan> {
  for (let seed = 1; seed < 100; seed++) {
    const plan = drawPlan(seed, { level: 'protocol', voters: 3 });
    const { failure } = await withPlanted(planted)(plan, { observers: [] });
    if (failure?.invariant === 'planted') return plan;
  }
  throw new Error('no seed fails');
}

describe('shrinking', () => {
  test('leaves the faults that matter, and nothing else', async () => {
    const run = withPlanted(threeCrashes);
    const shrunk = await shrink(await failingPlan(threeCrashes), { run, mostRuns: 800 });
    expect(shrunk?.failure).toMatchObject({ invariant: 'planted', message: 'planted: a third crash' });
    expect(shrunk?.before.faults).toBeGreaterThan(5);
    expect(shrunk?.after.faults).toBeLessThanOrEqual(3);
    expect(shrunk?.after).toMatchObject({ operations: 0, delivered: 0 });
  });

  test('leaves few messages, and no operation without need', async () => {
    const run = withPlanted(servedAfterElections);
    const shrunk = await shrink(await failingPlan(servedAfterElections), { run, mostRuns: 800 });
    expect(shrunk?.after.operations).toBeLessThanOrEqual(1);
    expect(shrunk?.after.delivered).toBeLessThanOrEqual(40);
    expect(shrunk?.after.faults).toBeLessThanOrEqual(3);
  });

  test('ends with a plan that fails by itself, as a file or not', async () => {
    const run = withPlanted(threeCrashes);
    const shrunk = await shrink(await failingPlan(threeCrashes), { run, mostRuns: 150 });
    const plan = planSchema.parse(JSON.parse(JSON.stringify(shrunk?.plan)));
    expect((await run(plan, { observers: [] })).failure).toEqual(shrunk?.failure);
  });

  test('comes to the same each time', async () => {
    const plan = await failingPlan(threeCrashes);
    const run = withPlanted(threeCrashes);
    const [one, other] = [await shrink(plan, { run, mostRuns: 100 }), await shrink(plan, { run, mostRuns: 100 })];
    expect(other).toEqual(one);
  });

  test('tries no more than it may, and keeps what it has found by then', async () => {
    const plan = await failingPlan(threeCrashes);
    const run = withPlanted(threeCrashes);
    expect(await shrink(plan, { run, mostRuns: 10 })).toMatchObject({ runs: 11, failure: { invariant: 'planted' } });
    expect(await shrink(plan, { run, enough: () => true })).toMatchObject({ runs: 1, plan });
  });

  test('tells what it wins, and never goes back', async () => {
    const sizes: number[] = [];
    const plan = await failingPlan(threeCrashes);
    await shrink(plan, {
      run: withPlanted(threeCrashes),
      mostRuns: 200,
      onSmaller: ({ faults, nodes, operations, delivered }) => sizes.push(20 * (faults + nodes) + 3 * operations + delivered),
    });
    expect(sizes.length).toBeGreaterThan(2);
    expect(sizes).toEqual(sizes.toSorted((one, other) => other - one));
  });

  test('of a plan that breaks nothing comes to nothing', async () => {
    expect(await shrink(drawPlan(1, { profile: 'idle', level: 'protocol' }))).toBeUndefined();
  });
});
