import { crashPoints, type Fault, type Plan, type Target } from './plan.ts';
import { Random } from './random.ts';

type Outline = Omit<Plan, 'faults'>;

const families = {
  partitions: drawPartitions,
  weather: drawWeather,
  slowLinks: drawSlowLinks,
  crashes: drawCrashes,
  crashPoints: drawCrashPoints,
  pauses: drawPauses,
  timers: drawTimers,
  disks: drawDisks,
  operators: drawOperators,
};
/** A kind of trouble, which a seed has or has not. */
export type FaultFamily = keyof typeof families;
export const faultFamilies = Object.keys(families) as readonly FaultFamily[];

/**
 * The faults of a plan, in the order of their times. Each family is there or not (swarm testing: what is absent lets the others show what they
 * can do), and draws from a stream of its own.
 */
export function drawFaults(plan: Outline, wanted: readonly FaultFamily[] = faultFamilies): readonly Fault[] {
  if (plan.profile === 'idle') return drawIdle(plan, wanted);
  const quiet = drawQuietWindows(plan);
  const faults = wanted
    .flatMap((family) => families[family](plan))
    .filter(({ at }) => !quiet.some(({ from, to }) => from <= at && at < to));
  const ends = (wanted.includes('partitions') ? quiet : []).map(({ from }): Fault => ({ type: 'join', at: from }));
  return [...faults, ...ends].sort((one, other) => one.at - other.at);
}

/** Stretches without new faults, in which a cluster finds its feet: only from there can it fall. */
function drawQuietWindows(plan: Outline): readonly { readonly from: number; readonly to: number }[] {
  const random = new Random(plan.seed, 'quiet windows');
  const length = timeoutOf(plan) * random.between(3, 8);
  const share = random.pick([0.3, 0.5, 0.7]);
  const windows = Array.from({ length: Math.floor(plan.chaos / length) }, (_, at) => ({ from: at * length, to: (at + 1) * length }));
  return windows.filter(() => random.chance(share));
}

/** A long quiet stretch with little in it: what only shows when nothing happens. */
function drawIdle(plan: Outline, wanted: readonly FaultFamily[]): readonly Fault[] {
  const random = new Random(plan.seed, 'idle');
  const faults = (['partitions', 'crashes', 'operators'] as const).flatMap((family) =>
    wanted.includes(family) ? families[family](plan) : [],
  );
  const rest = random.shuffled(faults).slice(0, 30);
  return rest.sort((one, other) => one.at - other.at);
}

function timeoutOf({ config }: Outline): number {
  return config.electionTimeoutMs * 1000;
}

/** Points of time, about so far apart. */
function times(random: Random, plan: Outline, every: number): readonly number[] {
  const found: number[] = [];
  for (let at = random.tailed(every); at < plan.chaos; at += 1 + random.tailed(every)) found.push(at);
  return found;
}

function drawTarget(random: Random, plan: Outline, towardsLeader: number): Target {
  return { node: random.between(0, plan.voters - 1), preferLeader: random.chance(towardsLeader) };
}

function drawCrash(random: Random, plan: Outline, fastRestart: boolean) {
  const fast = fastRestart && random.chance(0.5);
  return {
    powerCut: random.pick(['at once', 'at once', 'at once', 'later', 'never'] as const),
    surviving: random.pick([0, 0, 1, random.between(0, 100) / 100]),
    silent: random.chance(0.3),
    downFor: fast ? random.between(0, 500) : random.tailed(timeoutOf(plan) * random.pick([0.5, 1, 3])),
    reconfigured: random.chance(0.1),
  };
}

function drawPartitions(plan: Outline): readonly Fault[] {
  const { profile, seed } = plan;
  const random = new Random(seed, 'partitions');
  const stormy = profile === 'elections' || profile === 'conflict';
  if (!stormy && !random.chance(0.6)) return [];
  const timeout = timeoutOf(plan);
  const oneWay = random.chance(0.4) ? 0.4 : 0;
  const every = Math.floor(timeout * random.pick(stormy ? [1, 2, 4] : [2, 4, 8]));
  return times(random, plan, every).map((at): Fault => {
    if (random.chance(0.4)) return { type: 'join', at };
    return {
      type: 'partition',
      at,
      scheme: random.pick(['isolate', 'isolate', 'isolate', 'halves', 'bridge', 'link']),
      one: drawTarget(random, plan, 0.6),
      other: random.between(0, plan.voters - 1),
      sides: random.between(0, 2 ** plan.voters - 1),
      direction: random.chance(oneWay) ? random.pick(['outwards', 'inwards']) : 'both',
      noticedAfter: Math.floor(timeout * random.pick([0.02, 0.1, 1.5])),
    };
  });
}

function drawWeather(plan: Outline): readonly Fault[] {
  const { profile, seed } = plan;
  const random = new Random(seed, 'weather');
  const stormy = profile === 'elections' || profile === 'conflict' || profile === 'reads';
  const percent = (chance: number, low: number, high: number) => (random.chance(chance) ? random.between(low, high) / 100 : 0);
  const worst = {
    loss: percent(0.5, 1, 20),
    duplicate: percent(0.4, 1, 20),
    reorder: percent(0.4, 5, 40),
    late: percent(stormy ? 0.5 : 0.2, 1, 12),
  };
  if (Object.values(worst).every((share) => share === 0)) return [];
  const timeout = timeoutOf(plan);
  return times(random, plan, timeout * 6).map((at): Fault => {
    const kept = () => random.chance(0.8);
    return {
      type: 'weather',
      at,
      lasts: random.tailed(timeout * 6),
      loss: kept() ? worst.loss : 0,
      duplicate: kept() ? worst.duplicate : 0,
      reorder: kept() ? worst.reorder : 0,
      late: kept() ? worst.late : 0,
    };
  });
}

function drawSlowLinks(plan: Outline): readonly Fault[] {
  const random = new Random(plan.seed, 'slow links');
  if (!random.chance(0.2) || plan.voters === 1) return [];
  const timeout = timeoutOf(plan);
  return times(random, plan, timeout * 4).map((at): Fault => {
    const from = random.between(0, plan.voters - 1);
    const to = (from + random.between(1, plan.voters - 1)) % plan.voters;
    return { type: 'slowLink', at, lasts: random.tailed(timeout * 3), from, to, delay: random.tailed(timeout / random.pick([1, 4])) };
  });
}

function drawCrashes(plan: Outline): readonly Fault[] {
  const random = new Random(plan.seed, 'crashes');
  const rough = plan.profile === 'disk' || plan.profile === 'forming';
  if (!rough && !random.chance(0.6)) return [];
  const fastRestart = random.chance(0.5);
  const every = Math.floor(timeoutOf(plan) * random.pick([2, 4, 8]));
  const wipes = random.chance(0.08);
  return times(random, plan, every).map((at): Fault => {
    if (wipes && random.chance(0.1))
      return { type: 'wipe', at, node: random.between(0, plan.voters - 1), downFor: random.tailed(timeoutOf(plan)) };
    if (random.chance(0.08)) return { type: 'crashAll', at, ...drawCrash(random, plan, fastRestart) };
    return { type: 'crash', at, who: drawTarget(random, plan, 0.4), ...drawCrash(random, plan, fastRestart) };
  });
}

function drawCrashPoints(plan: Outline): readonly Fault[] {
  const random = new Random(plan.seed, 'crash points');
  if (!random.chance(0.5)) return [];
  const fastRestart = random.chance(0.5);
  return times(random, plan, Math.floor(timeoutOf(plan) * random.pick([1, 3, 6]))).map((at): Fault => {
    const nodes = random.chance(0.5) ? 2 ** plan.voters - 1 : random.between(1, 2 ** plan.voters - 1);
    return { type: 'crashPoint', at, point: random.pick(crashPoints), nodes, ...drawCrash(random, plan, fastRestart) };
  });
}

function drawPauses(plan: Outline): readonly Fault[] {
  const random = new Random(plan.seed, 'pauses');
  if (!random.chance(0.3)) return [];
  const timeout = timeoutOf(plan);
  return times(random, plan, timeout * random.between(3, 8)).map((at): Fault => {
    return { type: 'pause', at, lasts: random.tailed(timeout * random.pick([0.5, 1.5, 4])), who: drawTarget(random, plan, 0.5) };
  });
}

function drawTimers(plan: Outline): readonly Fault[] {
  const random = new Random(plan.seed, 'timers');
  const timeout = timeoutOf(plan);
  const node = () => random.between(0, plan.voters - 1);
  const hides = random.chance(0.25) ? times(random, plan, timeout * random.between(2, 8)) : [];
  const jumps = random.chance(0.2) ? times(random, plan, timeout * 10) : [];
  return [
    ...hides.map((at): Fault => {
      const grain = Math.floor(timeout * random.pick([0.5, 1, 1, 4, 20]));
      return { type: 'hide', at, lasts: random.tailed(timeout * random.pick([2, 8])), node: node(), grain };
    }),
    ...jumps.map((at): Fault => ({ type: 'clockJump', at, node: node(), by: random.tailed(timeout * random.pick([0.3, 1, 10, 1000])) })),
  ];
}

function drawDisks(plan: Outline): readonly Fault[] {
  const random = new Random(plan.seed, 'disks');
  const rough = plan.profile === 'disk';
  const timeout = timeoutOf(plan);
  const stall = plan.config.electionTimeoutMs * 3000;
  const stalls = rough || random.chance(0.2) ? times(random, plan, timeout * random.between(4, 12)) : [];
  const failures = rough || random.chance(0.15) ? times(random, plan, timeout * random.between(6, 20)) : [];
  const rots = plan.level === 'devices' && random.chance(0.3) ? times(random, plan, timeout * 10) : [];
  return [
    ...stalls.map((at): Fault => {
      return { type: 'diskStall', at, who: drawTarget(random, plan, 0.5), lasts: Math.floor((stall * random.between(5, 20)) / 10) };
    }),
    ...failures.map((at): Fault => {
      return { type: 'diskFailure', at, who: drawTarget(random, plan, 0.3), ...drawCrash(random, plan, false) };
    }),
    ...rots.map((at): Fault => ({ type: 'rot', at, node: random.between(0, plan.voters - 1), downFor: random.tailed(timeout) })),
  ];
}

function drawOperators(plan: Outline): readonly Fault[] {
  const random = new Random(plan.seed, 'operators');
  const timeout = timeoutOf(plan);
  const snapshots = random.chance(0.3) ? times(random, plan, timeout * random.pick([1, 4, 8])) : [];
  const hunts = random.chance(0.2) ? times(random, plan, timeout * random.pick([3, 6])) : [];
  return [
    ...snapshots.map((at): Fault => ({ type: 'snapshot', at, who: drawTarget(random, plan, 0.3) })),
    ...hunts.map((at): Fault => {
      return { type: 'hunt', at, lasts: random.tailed(timeout * 2), isolatedFor: random.tailed(timeout * random.pick([1, 3])) };
    }),
  ];
}
