import { type Config, parseConfig } from '@raft/core';
import { drawFaults, type FaultFamily } from './draw-faults.ts';
import { type ClientPlan, type Level, type Plan, type Profile, profiles } from './plan.ts';
import { Random } from './random.ts';

/** A history lasts at least so many election time-outs before it heals. */
const leastTimeouts = 60;

/** What may be fixed beforehand; the rest is drawn. */
export interface Wishes {
  readonly level?: Level;
  readonly profile?: Profile;
  readonly voters?: number;
  /** Nothing else goes wrong. All by default. */
  readonly faults?: readonly FaultFamily[];
}

/** The plan of a seed: same seed, same plan. Each concern draws from a stream of its own. */
export function drawPlan(seed: number, wishes: Wishes = {}): Plan {
  const random = new Random(seed, 'configuration');
  const profile = wishes.profile ?? random.pick(profiles);
  const level = wishes.level ?? drawLevel(new Random(seed, 'level'));
  const voters = wishes.voters ?? random.pick([3, 3, 3, 3, 5, 5, 5, 1, 2, 4, 7]);
  const config = drawConfig(random, profile);
  const timeout = config.electionTimeoutMs * 1000;
  const chaos = timeout * random.between(leastTimeouts, leastTimeouts + 12);
  const { electionTimeoutMs, heartbeatIntervalMs } = config;
  const otherConfig = { ...drawConfig(new Random(seed, 'other configuration'), profile), electionTimeoutMs, heartbeatIntervalMs };
  const all = 2 ** voters - 1;
  const plan = {
    version: 1,
    seed,
    level,
    profile,
    voters,
    config,
    otherConfig: { ...otherConfig, outcomeTimeoutMs: config.outcomeTimeoutMs, stallTimeoutMs: config.stallTimeoutMs },
    preformed: profile !== 'forming' && random.chance(0.5),
    bootstrap: (random.between(0, all) | random.between(0, all) | (1 << random.between(0, voters - 1))) >>> 0,
    formInPeace: profile !== 'forming' || random.chance(0.2),
    chaos,
    latency: drawLatency(random, profile, timeout),
    encoded: random.chance(0.06),
    diskLatency: random.pick([100, 1000, 5000, Math.floor(timeout / 8), profile === 'disk' ? Math.floor(timeout / 2) : 2000]),
    gather: random.pick([0, 0, 0, 200, 2000]),
    applyDelay: random.pick([0, 50, 50, 1000, Math.floor(timeout / 8)]),
    clockRates: Array.from({ length: voters }, () => (random.chance(0.4) ? random.pick([0.9, 0.99, 1.01, 1.1]) : 1)),
    clients: drawClients(random, profile, { timeout, chaos }),
    survivors: drawSurvivors(new Random(seed, 'survivors'), voters),
  } as const;
  return { ...plan, faults: drawFaults(plan, wishes.faults) };
}

/** A tenth and more with whole nodes, a tenth on files and streams of bytes: those cost ten times as much. */
function drawLevel(random: Random): Level {
  const drawn = random.fraction();
  if (drawn < 0.85) return 'protocol';
  return drawn < 0.95 ? 'devices' : 'node';
}

function drawConfig(random: Random, profile: Profile): Config {
  const electionTimeoutMs = random.pick([150, 300, 1000]);
  const snapshotty = profile === 'snapshots';
  return parseConfig({
    electionTimeoutMs,
    heartbeatIntervalMs: Math.floor(electionTimeoutMs / random.pick([2, 3, 3, 4, 8])),
    maxInflightMessages: random.pick([1, 2, 4, 16, 256]),
    maxInflightBytes: random.pick([1, 200, 1000, 100_000]),
    maxAppendBytes: random.pick([1, 130, 300, 2000, 100_000]),
    maxUncommittedEntries: random.pick([8, 64, 65_536]),
    maxUncommittedBytes: random.pick([500, 100_000, 100_000]),
    maxPendingRequests: random.pick([4, 64, 65_536]),
    maxCachedBytes: random.pick([1, 100, 400, 2000, 1_000_000]),
    maxApplyingEntries: random.pick([1, 3, 16, 4096]),
    snapshotEveryEntries: snapshotty ? random.pick([2, 4, 8]) : random.pick([0, 4, 10, 20, 60]),
    trailingEntries: snapshotty ? random.pick([0, 0, 2]) : random.pick([0, 2, 10]),
    snapshotChunkBytes: random.pick([20, 50, 100, 200, 5000]),
  });
}

function drawLatency(random: Random, profile: Profile, timeout: number): number {
  return random.pick([300, 1000, 5000, Math.floor(timeout / 12), profile === 'elections' ? Math.floor(timeout / 4) : 1000]);
}

function drawClients(random: Random, profile: Profile, times: { readonly timeout: number; readonly chaos: number }): ClientPlan {
  const { timeout, chaos } = times;
  const count = random.between(1, 6);
  const operations = random.pick([280, 320, 360, 420]);
  const burst = random.pick([1, 1, 2, 6]);
  return {
    count,
    operations,
    keys: random.between(1, 4),
    readShare: profile === 'reads' ? 0.7 : random.pick([0.1, 0.3, 0.5]),
    pinned: random.pick([0, 0.5, 1]),
    toLeader: profile === 'conflict' || profile === 'reads' ? 0.6 : random.pick([0, 0.2, 0.6]),
    patience: timeout * random.pick([1, 2, 5]),
    // About as long as the chaos lasts, so that something is under way whatever happens.
    thinking: Math.floor((chaos * count * (1 + burst)) / 3 / operations),
    retryAfter: Math.floor(timeout / random.pick([0.5, 1, 2, 4])),
    burst,
    padding: random.pick([0, 0, 10, 100]),
  };
}

/** A random minimal quorum, half of the time; else everybody. */
function drawSurvivors(random: Random, voters: number): number {
  if (random.chance(0.5)) return 2 ** voters - 1;
  const order = random.shuffled(Array.from({ length: voters }, (_, node) => node));
  return order.slice(0, Math.floor(voters / 2) + 1).reduce((bits, node) => bits | (1 << node), 0);
}
