import type { Observer } from '../invariants/observer.ts';
import type { Plan } from '../world/plan.ts';
import { Footprint } from './footprint.ts';
import { type Failure, type History, runPlan } from './run-seed.ts';
import { knobs, type Simplification, simplerFaults, sooner, structural } from './simplify-plan.ts';

/** How large a failing history is. */
export interface Size {
  readonly nodes: number;
  readonly faults: number;
  readonly operations: number;
  /** Messages that arrived, up to the failure. */
  readonly delivered: number;
}

export interface Shrunk {
  readonly plan: Plan;
  readonly failure: Failure;
  readonly before: Size;
  readonly after: Size;
  /** Histories that were tried. */
  readonly runs: number;
}

export interface ShrinkOptions {
  /** How a plan is run; default: {@link runPlan}. */
  readonly run?: (plan: Plan, options: { readonly observers: readonly Observer[] }) => Promise<History>;
  /** Histories to try at most. Default 5,000. */
  readonly mostRuns?: number;
  /** Asked before each run; true ends it with what there is. */
  readonly enough?: () => boolean;
  /** Awaited behind each run, to let others have the thread. */
  readonly pause?: () => Promise<void>;
  /** Called whenever it got smaller. */
  readonly onSmaller?: (size: Size, runs: number) => void;
}

/** A plan that fails, and what its history left. */
interface Failing {
  readonly plan: Plan;
  readonly failure: Failure;
  readonly footprint: Footprint;
}

const defaultRuns = 5000;
/** Beyond its parent's length, so much longer may a smaller history be. */
const slack = { times: 1.5, events: 200 };
const noSlack = { times: 1, events: 0 };
/** Other chance for the same plan: so many draws are tried. */
const rerolls = 60;
const redraws = 4;
/** The smallest share of a list that a first, quick pass leaves out. */
const coarseShare = 1 / 8;
/** How often a history is minimised that stays longer than a reader likes, and how many draws each attempt has for another beginning. */
const attempts = 6;
const draws = 40;
const short = { faults: 5, delivered: 40 } as const;

/**
 * Looks for a smaller plan whose history breaks the same invariant: fewer faults (ddmin over their list), fewer nodes, a plainer world, fewer
 * operations, and at last fewer messages, until nothing can be left out or the budget is used up. Undefined when the plan does not fail at all.
 */
export async function shrink(plan: Plan, options: ShrinkOptions = {}): Promise<Shrunk | undefined> {
  const { run = runPlan } = options;
  const footprint = new Footprint(plan, Number.POSITIVE_INFINITY);
  const { failure } = await run(plan, { observers: [footprint.observer()] });
  if (failure === undefined) return undefined;
  const parent = { plan, failure, footprint };
  const shrinker = new Shrinker(parent, options);
  await shrinker.shrink();
  const { best, runs } = shrinker;
  return { plan: best.plan, failure: best.failure, before: sizeOf(parent), after: sizeOf(best), runs: runs + 1 };
}

class Shrinker {
  best: Failing;
  /** The smallest of all attempts. */
  private champion: Failing;
  /** Which end of a list is tried first. */
  private forwards = false;
  runs = 0;
  private readonly options: ShrinkOptions;

  constructor(parent: Failing, options: ShrinkOptions) {
    this.best = parent;
    this.champion = parent;
    this.options = options;
  }

  /** Minimises, and while what is left is long, minimises again on another way. */
  async shrink(): Promise<void> {
    await this.leaveOutTheBulk();
    const start = this.best;
    await this.minimise();
    for (let attempt = 1; attempt < attempts && !this.spent() && !isShort(this.champion); attempt++) {
      this.best = start;
      this.forwards = attempt % 2 === 1;
      await this.redraw(attempt);
      await this.minimise();
    }
    this.best = this.champion;
  }

  /** Every later run gets quicker by it. */
  private async leaveOutTheBulk(): Promise<void> {
    await this.shortenChaos();
    await this.leaveOut(() => this.best.plan.faults, withoutFaults, coarseShare);
    for (const simplification of structural) await this.tryPlan(simplification);
    await this.leaveOut(() => this.best.footprint.operations, withoutOperations, coarseShare);
  }

  /** As small as it gets by steps of which each makes it smaller. */
  private async minimise(): Promise<void> {
    await this.untilStable(async () => {
      await this.shortenChaos();
      await this.leaveOut(() => this.best.plan.faults, withoutFaults);
      await this.simplify();
      await this.hurry();
      await this.leaveOutOperations();
      await this.reroll();
    });
    // Last, since what is left out by number is bound to this very history.
    await this.untilStable(async () => {
      await this.leaveOut(() => this.best.footprint.messages(), withoutMessages);
      // Pieces of one link: what is answered or sent again on another stays as it is.
      await this.leaveOut(() => this.best.footprint.messages().toSorted(byLink), withoutMessages);
      await this.leaveOut(() => this.best.plan.faults, withoutFaults);
      await this.leaveOutOperations();
    });
  }

  /** The same plan with other chance, if it fails alike with any. */
  private async redraw(attempt: number): Promise<void> {
    const { plan } = this.best;
    for (let draw = 0; draw < draws; draw++) if (await this.accept(reseeded(plan, 1000 * attempt + draw), 'any')) return;
  }

  private async untilStable(pass: () => Promise<void>): Promise<void> {
    let before: number;
    do {
      before = costOf(this.best);
      await pass();
    } while (costOf(this.best) < before && !this.spent());
  }

  private leaveOutOperations(): Promise<void> {
    return this.leaveOut(() => this.best.footprint.operations, withoutOperations);
  }

  private spent(): boolean {
    const { mostRuns = defaultRuns, enough = () => false } = this.options;
    return this.runs >= mostRuns || enough();
  }

  /** Runs a candidate; it is the new best when it fails alike and is no larger. */
  private async accept(plan: Plan, least: 'smaller' | 'no larger' | 'any', longest = slack): Promise<boolean> {
    if (this.spent()) return false;
    this.runs++;
    const { run = runPlan, onSmaller, pause } = this.options;
    await pause?.();
    const { best } = this;
    const footprint = new Footprint(plan, best.footprint.events * longest.times + longest.events);
    const { failure } = await run(plan, { observers: [footprint.observer()] });
    if (failure?.invariant !== best.failure.invariant) return false;
    const candidate = tidied({ plan, failure, footprint });
    const gain = costOf(best) - costOf(candidate);
    if (least !== 'any' && (gain < 0 || (gain === 0 && least === 'smaller'))) return false;
    this.best = candidate;
    if (costOf(candidate) < costOf(this.champion)) {
      this.champion = candidate;
      onSmaller?.(sizeOf(candidate), this.runs);
    }
    return true;
  }

  /** Whatever comes behind the failure never came; what matters may need even less time. */
  private async shortenChaos(): Promise<void> {
    for (const share of [0, 0.1, 0.25, 0.5, 0.75, 0.9]) {
      const { plan } = this.best;
      const chaos = Math.floor(plan.chaos * share);
      await this.accept({ ...plan, chaos, faults: plan.faults.filter(({ at }) => at <= chaos) }, 'no larger');
    }
  }

  /** List minimisation (ddmin): ever smaller pieces are left out, of whatever list the best history has by then. */
  private async leaveOut<Item>(
    items: () => readonly Item[],
    without: (plan: Plan, left: ReadonlySet<Item>) => Plan,
    share = 0,
  ): Promise<void> {
    let size = items().length;
    const least = Math.max(1, size * share);
    while (size >= least) {
      const { length } = items();
      for (let at = 0; at < length && !this.spent(); at += size) {
        const list = items();
        const piece = this.forwards
          ? list.slice(at, at + size)
          : list.slice(Math.max(0, list.length - at - size), Math.max(0, list.length - at));
        if (piece.length > 0 && (await this.accept(without(this.best.plan, new Set(piece)), 'smaller'))) at -= size;
      }
      size = size === 1 ? 0 : Math.ceil(size / 2);
    }
  }

  private async simplify(): Promise<void> {
    for (const simplification of structural) await this.tryWithChance(simplification);
    for (const simplification of knobs) await this.tryPlan(simplification);
    for (let index = 0; index < this.best.plan.faults.length; index++) {
      const fault = this.best.plan.faults[index];
      if (fault === undefined) break;
      for (const simpler of simplerFaults(fault)) {
        const { plan } = this.best;
        if (plan.faults[index]?.type !== fault.type) break;
        await this.accept(
          { ...plan, faults: plan.faults.with(index, { ...plan.faults[index], ...changed(fault, simpler) } as typeof fault) },
          'no larger',
        );
      }
    }
  }

  /** True: accepted, or there is nothing to simplify. */
  private async tryPlan(simplification: Simplification): Promise<boolean> {
    const simpler = simplification(this.best.plan);
    return simpler === undefined || (await this.accept(simpler, 'no larger'));
  }

  /** Quiet time is full of heartbeats: what happens, happens sooner. */
  private async hurry(): Promise<void> {
    for (const share of [0, 0.1, 0.5]) {
      await this.tryWithChance((plan) => ({ ...plan, clients: { ...plan.clients, thinking: Math.floor(plan.clients.thinking * share) } }));
    }
    for (const share of [1, 0.5, 0.25]) {
      for (let first = 0; first < this.best.plan.faults.length; first++) await this.tryWithChance((plan) => sooner(plan, first, share));
    }
  }

  /** Another history of the same kind may need other chance to fail. */
  private async tryWithChance(simplification: Simplification): Promise<void> {
    for (let draw = 0; draw <= redraws; draw++) if (await this.tryPlan(withChance(simplification, draw))) return;
  }

  /** The same plan with other chance: now and then it takes fewer messages. */
  private async reroll(): Promise<void> {
    for (let draw = 1; draw <= rerolls; draw++) {
      const { plan } = this.best;
      await this.accept(reseeded(plan, draw), 'smaller', noSlack);
    }
  }
}

function byLink(one: string, other: string): number {
  const [link = '', number = ''] = one.split('#');
  const [otherLink = '', otherNumber = ''] = other.split('#');
  if (link === otherLink) return Number(number) - Number(otherNumber);
  return link < otherLink ? -1 : 1;
}

/** The same with other chance. Which messages were left out means nothing then. */
function reseeded(plan: Plan, draw: number): Plan {
  const { without, ...rest } = plan;
  const operations = without?.operations ?? [];
  return { ...rest, seed: plan.seed + draw, ...(operations.length === 0 ? {} : { without: { operations, messages: [] } }) };
}

function withChance(simplification: Simplification, draw: number): Simplification {
  return (plan) => {
    const simpler = simplification(plan);
    return simpler === undefined || draw === 0 ? simpler : reseeded(simpler, draw);
  };
}

/** What differs, field by field. */
function changed<Whole extends object>(before: Whole, after: Whole): Partial<Whole> {
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => before[name as keyof Whole] !== value)) as Partial<Whole>;
}

/** Drops what lies behind the failure: it had no part in it. */
function tidied({ plan, failure, footprint }: Failing): Failing {
  const chaos = Math.min(plan.chaos, failure.at + 1);
  const faults = plan.faults.filter(({ at }) => at <= chaos);
  return { plan: { ...plan, chaos, faults }, failure, footprint };
}

function isShort(failing: Failing): boolean {
  const { faults, delivered } = sizeOf(failing);
  return faults <= short.faults && delivered <= short.delivered;
}

/** One number, so that no step undoes what another has won. A fault takes a reader as long as some messages. */
function costOf(failing: Failing): number {
  const { nodes, faults, operations, delivered } = sizeOf(failing);
  return 20 * faults + 20 * nodes + 3 * operations + delivered;
}

function sizeOf({ plan, footprint }: Failing): Size {
  return {
    nodes: plan.voters,
    faults: plan.faults.length,
    operations: footprint.operations.length,
    delivered: footprint.delivered.length,
  };
}

function withoutFaults(plan: Plan, left: ReadonlySet<Plan['faults'][number]>): Plan {
  return { ...plan, faults: plan.faults.filter((fault) => !left.has(fault)) };
}

function withoutOperations(plan: Plan, left: ReadonlySet<number>): Plan {
  const { operations, messages } = plan.without ?? { operations: [], messages: [] };
  return { ...plan, without: { operations: [...operations, ...left], messages } };
}

function withoutMessages(plan: Plan, left: ReadonlySet<string>): Plan {
  const { operations, messages } = plan.without ?? { operations: [], messages: [] };
  return { ...plan, without: { operations, messages: [...messages, ...left] } };
}
