import { invariants } from '../src/invariants/table.ts';
import type { Level } from '../src/world/plan.ts';
import { applyChanges } from './anchors.ts';
import type { Bug } from './bug.ts';
import { runNode } from './child.ts';
import type { HuntResult } from './hunt.ts';
import type { SwitchedOff } from './invariants.ts';
import { runTestFile, type TestRun } from './run-test.ts';
import type { WorkspaceCopy } from './workspace-copy.ts';

export interface Limits {
  /** How many seeds a bug may take. */
  readonly seeds: number;
  readonly cpuSeconds: number;
}

/** What came of a bug. `missed` and `broken` mean that the zoo has failed. */
export interface Verdict {
  readonly kind: 'caught' | 'missed' | 'broken' | 'equivalent' | 'waits';
  /** The invariant, or the test. */
  readonly by?: string;
  /** How many seeds it took, and the one that showed it. */
  readonly seeds?: number;
  readonly seed?: number;
  readonly cpuSeconds?: number;
  readonly detail: string;
}

/** The same bug, with an invariant and without it. */
export interface Shown {
  readonly seen: Verdict;
  readonly unseen: Verdict;
}

/** The protocol's own assertions, which stop a node: without them what they see happens. */
const noAssertions = {
  file: 'packages/core/src/protocol/invariants.ts',
  find: 'if (!holds) throw',
  replace: 'if (!holds && detail.length < 0) throw',
};

/** Those that a history may do without, and the search for an order of what clients saw. */
const watchedInvariants: readonly string[] = [...invariants.map(({ id }) => id), 'linearizable'];

/** Enough to say that a bug slips through, where nothing limits them. */
const seedsToSlipThrough = 150;

/** A bug that changes nothing must not be seen in so many of the seeds, and so much time, of a bug that does. */
const shareForEquivalents = 0.1;
const mistake = /\b(TypeError|ReferenceError|SyntaxError)\b/;

/** Runs bugs in one copy of the workspace, one after the other. */
export class Keeper {
  readonly #copy: WorkspaceCopy;
  readonly #limits: Limits;
  /** What the test files say without any bug. */
  readonly #healthy = new Map<string, TestRun>();

  constructor(copy: WorkspaceCopy, limits: Limits) {
    this.#copy = copy;
    this.#limits = limits;
  }

  async run(bug: Bug): Promise<Verdict> {
    const { caughtBy } = bug;
    if ('waitsFor' in caughtBy) return { kind: 'waits', detail: caughtBy.waitsFor };
    if ('equivalent' in caughtBy) return await this.#runEquivalent(bug, caughtBy.equivalent);
    if (bug.changes.length === 0) return { kind: 'broken', detail: 'it changes nothing' };
    try {
      applyChanges(this.#copy.root, bug.changes);
    } catch (error) {
      return { kind: 'broken', detail: error instanceof Error ? error.message : String(error) };
    }
    if ('test' in caughtBy) return await this.#runTest(bug, caughtBy.test, caughtBy.name);
    if ('scenario' in caughtBy) {
      const verdict = await this.#hunt(bug, ['--scenario', caughtBy.scenario], undefined);
      return { ...verdict, by: `the scenario “${caughtBy.scenario}”` };
    }
    const { seeds, off = [], level } = caughtBy;
    // Seen by an invariant that is not expected to, it counts as missed: then the table is to be put right.
    return await this.#hunt(bug, this.#seedArguments(this.#limits.seeds, off, level), seeds);
  }

  /** Looks for a bug with an invariant on watch, then without it. */
  async switchOff(row: Extract<SwitchedOff, { readonly bug: string }>, bug: Bug): Promise<Shown> {
    const { invariant, alone = false, withoutAssertions = false, seeds = seedsToSlipThrough } = row;
    const off = alone ? watchedInvariants.filter((id) => id !== invariant) : [];
    const { level } = { level: undefined, ...bug.caughtBy };
    const watched = withoutAssertions ? { ...bug, changes: [...bug.changes, noAssertions] } : bug;
    const hunt = (by: readonly string[] | undefined, without: readonly string[]): Promise<Verdict> =>
      this.#hunt(watched, this.#seedArguments(seeds, without, level), by);
    return { seen: await hunt([invariant], off), unseen: await hunt(undefined, [...off, invariant]) };
  }

  #seedArguments(seeds: number, off: readonly string[], level: Level | undefined): readonly string[] {
    const { cpuSeconds } = this.#limits;
    const args = ['--seeds', `1..${seeds}`, '--cpu-seconds', String(cpuSeconds), '--off', off.join(',')];
    return level === undefined ? args : [...args, '--level', level];
  }

  async #runEquivalent(bug: Bug, why: string): Promise<Verdict> {
    if (bug.changes.length === 0) return { kind: 'equivalent', detail: why };
    const { seeds, cpuSeconds } = this.#limits;
    const range = `1..${Math.ceil(seeds * shareForEquivalents)}`;
    const verdict = await this.#hunt(bug, ['--seeds', range, '--cpu-seconds', String(cpuSeconds * shareForEquivalents)], undefined);
    if (verdict.kind === 'missed') return { ...verdict, kind: 'equivalent', detail: why };
    return { ...verdict, kind: 'broken', detail: `not so equivalent: ${verdict.detail}` };
  }

  async #hunt(bug: Bug, args: readonly string[], by: readonly string[] | undefined): Promise<Verdict> {
    const verdict = await this.#huntWith(bug, args, by);
    if (verdict.kind !== 'caught' || verdict.seed === undefined) return verdict;
    // What catches a bug must not happen without it.
    const healthy = await this.#huntWith({ ...bug, changes: [] }, [...args, '--seeds', `${verdict.seed}..${verdict.seed}`], undefined);
    return healthy.kind === 'missed' ? verdict : { kind: 'broken', detail: `seed ${verdict.seed} without the bug: ${healthy.detail}` };
  }

  async #huntWith(bug: Bug, args: readonly string[], by: readonly string[] | undefined): Promise<Verdict> {
    using _ = this.#copy.mutate(bug.changes);
    const ended = await runNode(this.#copy.root, ['packages/simulator/zoo/hunt.ts', ...args], this.#limits.cpuSeconds * 6 + 60);
    if (ended.hung) return { kind: 'broken', detail: 'it spins within a seed' };
    if (ended.code !== 0) return { kind: 'broken', detail: `it does not run: ${lastWords(ended.stderr)}` };
    const { failure, broken, seeds, cpuSeconds } = JSON.parse(ended.stdout) as HuntResult;
    const used = { seeds, cpuSeconds };
    if (failure === undefined) return { kind: 'missed', ...used, detail: 'no seed breaks anything' };
    const { invariant, message, seed } = failure;
    if (broken === true) return { kind: 'broken', ...used, by: invariant, detail: `a mistake of the zoo: ${message}` };
    if (by !== undefined && !by.includes(invariant)) {
      return { kind: 'missed', ...used, by: invariant, detail: `seen by ${invariant}, which is not expected to: ${message}` };
    }
    return { kind: 'caught', ...used, seed, by: invariant, detail: message };
  }

  async #runTest(bug: Bug, file: string, name: string | undefined): Promise<Verdict> {
    const healthy = await this.#runHealthy(file, name);
    if (healthy.broken !== undefined) return { kind: 'broken', detail: healthy.broken };
    if (healthy.failed.length > 0) return { kind: 'broken', detail: `${healthy.failed[0]?.name} fails without the bug` };
    if (healthy.passed.length === 0) return { kind: 'broken', detail: `${file} has no test “${name}”` };
    using _ = this.#copy.mutate(bug.changes);
    const { failed, broken, seconds } = await runTestFile(this.#copy.root, file, name);
    if (broken !== undefined) return { kind: 'broken', detail: broken };
    const [first] = failed;
    if (first === undefined) return { kind: 'missed', cpuSeconds: seconds, detail: `${file} passes` };
    if (failed.every(({ message }) => mistake.test(message)))
      return { kind: 'broken', detail: `a mistake of the zoo: ${lastWords(first.message)}` };
    return { kind: 'caught', by: first.name, cpuSeconds: seconds, detail: first.message.slice(0, 400) };
  }

  async #runHealthy(file: string, name: string | undefined): Promise<TestRun> {
    const key = `${file} ${name}`;
    const known = this.#healthy.get(key) ?? (await runTestFile(this.#copy.root, file, name));
    this.#healthy.set(key, known);
    return known;
  }
}

function lastWords(text: string): string {
  const lines = text.split('\n').filter((line) => /error/i.test(line));
  return (lines[0] ?? text.trim().slice(0, 300)).trim();
}
