import { configSchema } from '@raft/core';
import * as z from 'zod';

/** Microseconds of virtual time. */
const time = z.number().int().min(0);
const probability = z.number().min(0).max(1);
const node = z.number().int().min(0);
/** A node by its number, or whoever leads when the time comes; when nobody does, the node that stands beside it. */
const target = z.strictObject({ node, preferLeader: z.boolean() });

/** Where a process may end on its own, each right before or behind something that must be durable or told. */
export const crashPoints = [
  'vote',
  'elected',
  'beforeWrite',
  'written',
  'afterWrite',
  'sent',
  'applied',
  'committed',
  'installed',
] as const;
export type CrashPoint = (typeof crashPoints)[number];

const crash = {
  /**
   * When power goes too: of what was not synced then, `surviving` is the share that survives, oldest first or any subset, as the disk decides. Until
   * then, or without it, the page cache stays.
   */
  powerCut: z.enum(['at once', 'later', 'never']),
  surviving: probability,
  /** The machine is gone as well: connections to it don't break, they fall silent. */
  silent: z.boolean(),
  downFor: time,
  /** It starts with the other configuration than before. */
  reconfigured: z.boolean(),
};

/**
 * Something that goes wrong (or that an operator does) at a point of time, for a while. It names all that was drawn for it,
 * so leaving one out of a plan changes nothing about the others.
 */
export const faultSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('partition'),
    at: time,
    scheme: z.enum(['isolate', 'halves', 'bridge', 'link']),
    one: target,
    other: node,
    /** Bit i: on which side node i stands. */
    sides: z.number().int().min(0),
    direction: z.enum(['both', 'outwards', 'inwards']),
    /** How long a cut takes to be noticed, about. */
    noticedAfter: time,
  }),
  z.strictObject({ type: z.literal('join'), at: time }),
  /** Messages are lost, doubled, reordered, or survive for some election time-outs, each with its probability. */
  z.strictObject({
    type: z.literal('weather'),
    at: time,
    lasts: time,
    loss: probability,
    duplicate: probability,
    reorder: probability,
    late: probability,
  }),
  /** Messages between these two take so much longer. */
  z.strictObject({ type: z.literal('slowLink'), at: time, lasts: time, from: node, to: node, delay: time }),
  z.strictObject({ type: z.literal('crash'), at: time, who: target, ...crash }),
  z.strictObject({ type: z.literal('crashAll'), at: time, ...crash }),
  /** Whoever passes this point next, of these nodes (bits), ends there. */
  z.strictObject({ type: z.literal('crashPoint'), at: time, point: z.enum(crashPoints), nodes: z.number().int().min(0), ...crash }),
  z.strictObject({ type: z.literal('pause'), at: time, lasts: time, who: target }),
  /** Timers fire only at multiples of `grain`, as those of a hidden tab. */
  z.strictObject({ type: z.literal('hide'), at: time, lasts: time, node, grain: time }),
  z.strictObject({ type: z.literal('clockJump'), at: time, node, by: time }),
  /** A new, empty disk under an old name. */
  z.strictObject({ type: z.literal('wipe'), at: time, node, downFor: time }),
  /** The next write takes so long. */
  z.strictObject({ type: z.literal('diskStall'), at: time, who: target, lasts: time }),
  /** The next write fails, and so the node halts. After `downFor` its process is ended, in one way or another, and started again. */
  z.strictObject({ type: z.literal('diskFailure'), at: time, who: target, ...crash }),
  /** Bits flip on a disk where a later record vouches for them. Only where real files are under test. */
  z.strictObject({ type: z.literal('rot'), at: time, node, downFor: time }),
  /** For a while: when somebody asks for votes, the leader of that moment is cut off. */
  z.strictObject({ type: z.literal('hunt'), at: time, lasts: time, isolatedFor: time }),
  /** An operator asks for a snapshot now. */
  z.strictObject({ type: z.literal('snapshot'), at: time, who: target }),
]);
export type Fault = z.infer<typeof faultSchema>;
export type Target = z.infer<typeof target>;

export const levels = ['protocol', 'node', 'devices'] as const;
/** A draw from a named mix: each profile turns some families of faults up, since volume alone finds little. */
export const profiles = ['mix', 'mix', 'elections', 'conflict', 'snapshots', 'disk', 'reads', 'forming', 'idle'] as const;

/** Everything that a history is made of, but for what chance does to single messages and clients: that comes from the seed. */
export const planSchema = z.strictObject({
  version: z.literal(1),
  seed: z.number().int(),
  level: z.enum(levels),
  profile: z.enum(profiles),
  voters: z.number().int().min(1).max(7),
  config: configSchema,
  /** What some nodes restart with: other sizes, the same times. */
  otherConfig: configSchema,
  /** Start from storages that hold the configuration already. */
  preformed: z.boolean(),
  /** Bit i: node i is started with bootstrap, when the cluster has to form. */
  bootstrap: z.number().int(),
  /** Faults begin once the cluster stands. */
  formInPeace: z.boolean(),
  /** How long faults go on. */
  chaos: time,
  latency: time,
  /** Messages pass through the codec, so that nobody shares an object and every message meets its schema. */
  encoded: z.boolean(),
  diskLatency: time,
  /** Steps are collected this long before their Ready is taken; 0: one Ready per step. */
  gather: time,
  applyDelay: time,
  /** Seconds that a node's clock counts per second. */
  clockRates: z.array(z.number()).readonly(),
  clients: z.strictObject({
    count: z.number().int().min(0),
    /** Operations after which they end, those that were rejected not counted. */
    operations: z.number().int().min(0),
    keys: z.number().int().min(1),
    readShare: probability,
    /** How many never change their node: those find stale leaders. */
    pinned: probability,
    /** How often a client goes to a node that believes that it leads, one of several perhaps. */
    toLeader: probability,
    /** How long a client waits before it goes on with something else. */
    patience: time,
    thinking: time,
    /** How long one waits that was turned away. */
    retryAfter: time,
    burst: z.number().int().min(1),
    padding: z.number().int().min(0),
  }),
  faults: z.array(faultSchema).readonly(),
  /** After the chaos: everybody comes back, or no more than these (bits). */
  survivors: z.number().int(),
  /** What shrinking has left out: operations by number, messages by "from>to#number". */
  without: z.strictObject({ operations: z.array(z.number().int()).readonly(), messages: z.array(z.string()).readonly() }).optional(),
});
export type Plan = z.infer<typeof planSchema>;
export type Level = Plan['level'];
export type Profile = Plan['profile'];
export type ClientPlan = Plan['clients'];
