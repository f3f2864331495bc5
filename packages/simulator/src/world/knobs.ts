import { type Config, parseConfig } from '@raft/core';
import { Random } from './random.ts';

/** A draw from a named mix: each profile turns some families of faults up, since volume alone finds little. */
export const profiles = ['mix', 'mix', 'calm', 'elections', 'conflict', 'snapshots', 'disk', 'reads', 'forming'] as const;
export type Profile = (typeof profiles)[number];

/** Everything that a seed decides before its history starts. Times in microseconds unless the name says otherwise. */
export interface Knobs {
  readonly profile: Profile;
  readonly voters: number;
  readonly config: Config;
  /** Start from storages that hold the configuration already. */
  readonly preformed: boolean;
  /** Which nodes are started with bootstrap, when the cluster has to form. */
  readonly bootstrap: readonly boolean[];
  /** Forming in peace: faults begin once the cluster stands. */
  readonly formInPeace: boolean;
  readonly chaos: number;
  readonly network: NetworkKnobs;
  readonly disk: DiskKnobs;
  readonly process: ProcessKnobs;
  readonly clients: ClientKnobs;
  /** Seconds that a node's clock counts per second. */
  readonly clockRates: readonly number[];
  /** Steps are collected this long before their Ready is taken; 0: one Ready per step. */
  readonly gather: number;
  readonly applyDelay: number;
}

export interface NetworkKnobs {
  readonly latency: number;
  readonly loss: number;
  readonly duplicate: number;
  readonly reorder: number;
  readonly late: number;
  readonly partitionEvery: number;
  readonly oneWay: number;
  /** Messages pass through the codec, so that nobody shares an object and every message meets its schema. */
  readonly encoded: boolean;
}

export interface DiskKnobs {
  readonly latency: number;
  readonly stall: number;
  readonly failure: number;
  readonly wipeEvery: number;
}

export interface ProcessKnobs {
  readonly crashEvery: number;
  readonly fastRestart: boolean;
  readonly crashPoint: number;
  readonly pauseEvery: number;
  /** How often a node's timers become coarse, as those of a hidden tab. */
  readonly hideEvery: number;
}

export interface ClientKnobs {
  readonly count: number;
  readonly readShare: number;
  /** A client that never changes its node finds stale leaders. */
  readonly pinned: number;
  /** How often a client goes to a node that believes that it leads, one of several perhaps. */
  readonly toLeader: number;
  /** How long a client waits for an answer. */
  readonly patience: number;
  readonly thinking: number;
  readonly burst: number;
  readonly valueBytes: number;
}

/** Microseconds of a time that no history reaches. */
export const never = 1e15;

export function drawKnobs(seed: number): Knobs {
  const random = new Random(seed, 'configuration');
  const profile = random.pick(profiles);
  const voters = random.pick([3, 3, 3, 3, 5, 5, 5, 1, 2, 4, 7]);
  const config = drawConfig(random, profile);
  const timeout = config.electionTimeoutMs * 1000;
  const bootstrap = Array.from({ length: voters }, () => random.chance(0.6));
  bootstrap[random.between(0, voters - 1)] = true;
  return {
    profile,
    voters,
    config,
    preformed: profile === 'forming' ? false : random.chance(0.5),
    bootstrap,
    formInPeace: profile !== 'forming' || random.chance(0.2),
    chaos: timeout * random.between(12, 32),
    network: drawNetwork(random, profile, timeout),
    disk: drawDisk(random, profile, timeout),
    process: { ...drawProcess(random, profile, timeout), hideEvery: drawHideEvery(new Random(seed, 'hidden tabs'), timeout) },
    clients: drawClients(random, profile, timeout),
    clockRates: Array.from({ length: voters }, () => (random.chance(0.4) ? random.pick([0.9, 0.99, 1.01, 1.1]) : 1)),
    gather: random.pick([0, 0, 0, 200, 2000]),
    applyDelay: random.pick([0, 50, 50, 1000, Math.floor(timeout / 8)]),
  };
}

function drawConfig(random: Random, profile: Profile): Config {
  const electionTimeoutMs = random.pick([150, 300, 300, 1000]);
  const snapshotty = profile === 'snapshots';
  return parseConfig({
    electionTimeoutMs,
    heartbeatIntervalMs: Math.floor(electionTimeoutMs / random.pick([3, 5, 5, 10])),
    maxInflightMessages: random.pick([1, 2, 4, 16, 256]),
    maxInflightBytes: random.pick([1, 200, 1000, 100_000]),
    maxAppendBytes: random.pick([1, 130, 300, 2000, 100_000]),
    maxUncommittedEntries: random.pick([8, 64, 65_536]),
    maxUncommittedBytes: random.pick([500, 100_000, 100_000]),
    maxPendingRequests: random.pick([4, 64, 65_536]),
    maxCachedBytes: random.pick([1, 100, 400, 2000, 1_000_000]),
    maxApplyingEntries: random.pick([1, 3, 16, 4096]),
    snapshotEveryEntries: snapshotty ? random.pick([2, 4, 8]) : random.pick([0, 2, 5, 12, 40]),
    trailingEntries: snapshotty ? random.pick([0, 0, 2]) : random.pick([0, 2, 10]),
    snapshotChunkBytes: random.pick([5, 9, 16, 24, 1000]),
  });
}

function drawNetwork(random: Random, profile: Profile, timeout: number): NetworkKnobs {
  const calm = profile === 'calm';
  const stormy = profile === 'elections' || profile === 'conflict';
  return {
    latency: random.pick([300, 1000, 5000, Math.floor(timeout / 12), profile === 'elections' ? Math.floor(timeout / 4) : 1000]),
    loss: !calm && random.chance(0.5) ? random.between(1, 20) / 100 : 0,
    duplicate: !calm && random.chance(0.4) ? random.between(1, 20) / 100 : 0,
    reorder: !calm && random.chance(0.4) ? random.between(5, 40) / 100 : 0,
    late: !calm && random.chance(stormy || profile === 'reads' ? 0.5 : 0.2) ? random.between(1, 12) / 100 : 0,
    partitionEvery: !calm && (stormy || random.chance(0.6)) ? Math.floor(timeout * random.pick(stormy ? [1, 2, 4] : [2, 4, 8])) : never,
    oneWay: random.chance(0.4) ? 0.4 : 0,
    encoded: random.chance(0.06),
  };
}

function drawDisk(random: Random, profile: Profile, timeout: number): DiskKnobs {
  const rough = profile === 'disk';
  return {
    latency: random.pick([100, 1000, 5000, Math.floor(timeout / 8), rough ? Math.floor(timeout / 2) : 2000]),
    stall: rough || random.chance(0.15) ? random.between(1, 10) / 1000 : 0,
    failure: rough || random.chance(0.1) ? random.between(1, 6) / 1000 : 0,
    wipeEvery: random.chance(0.08) ? timeout * 8 : never,
  };
}

function drawHideEvery(random: Random, timeout: number): number {
  return random.chance(0.25) ? timeout * random.between(1, 6) : never;
}

function drawProcess(random: Random, profile: Profile, timeout: number): Omit<ProcessKnobs, 'hideEvery'> {
  const calm = profile === 'calm';
  const rough = profile === 'disk' || profile === 'forming';
  return {
    crashEvery: !calm && (rough || random.chance(0.6)) ? Math.floor(timeout * random.pick([1, 3, 6])) : never,
    fastRestart: random.chance(0.5),
    crashPoint: !calm && random.chance(0.5) ? random.pick([0.003, 0.01, 0.05]) : 0,
    pauseEvery: !calm && random.chance(0.3) ? timeout * random.between(2, 6) : never,
  };
}

function drawClients(random: Random, profile: Profile, timeout: number): ClientKnobs {
  return {
    count: random.between(1, 7),
    readShare: profile === 'reads' ? 0.7 : random.pick([0.1, 0.3, 0.5]),
    pinned: random.pick([0, 0.5, 1]),
    toLeader: profile === 'conflict' || profile === 'reads' ? 0.6 : random.pick([0, 0.2, 0.6]),
    patience: timeout * random.pick([1, 2, 5]),
    thinking: Math.floor(timeout / random.pick([4, 10, 20])),
    burst: random.pick([1, 1, 2, 6]),
    valueBytes: random.pick([0, 0, 10, 100]),
  };
}
