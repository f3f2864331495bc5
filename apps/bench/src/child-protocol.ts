import * as z from 'zod';
import { nodeConfigSchema } from './options.ts';

const latencySchema = z.strictObject({
  count: z.number(),
  meanMs: z.number(),
  p50Ms: z.number(),
  p90Ms: z.number(),
  p99Ms: z.number(),
  maxMs: z.number(),
});

/**
 * What the bench asks of the processes that it starts. Every call passes its schema at both ends: a child of another
 * commit, or a changed field, is an error and not a wrong figure.
 */
export const methods = {
  /** Starts the node or nodes. In a process of its own a node is told its id, address and folder. */
  start: {
    input: z.strictObject({
      members: z.array(z.strictObject({ id: z.string(), address: z.string() })).readonly(),
      self: z.strictObject({ id: z.string(), address: z.string(), directory: z.string() }).optional(),
      config: nodeConfigSchema,
      stages: z.boolean(),
    }),
    output: z.null(),
  },
  /** Waits until a leader is known. `led`: it is in this process. */
  findLeader: { input: z.null(), output: z.strictObject({ leaderId: z.string(), led: z.boolean() }) },
  /** Writes for so long, each client waiting for its write before the next. */
  load: {
    input: z.strictObject({ clients: z.number(), seconds: z.number() }),
    output: z.strictObject({
      committed: z.number(),
      /** Rejected or unknown. */
      notCommitted: z.number(),
      elapsedMs: z.number(),
      latency: latencySchema,
      /** The node led in one and the same term from first to last. */
      ledThroughout: z.boolean(),
    }),
  },
  /** What this process has used since it started. */
  counters: {
    input: z.null(),
    output: z.strictObject({
      userMicros: z.number(),
      systemMicros: z.number(),
      /** Calls that wait for the disk; null where there is no disk. */
      syncs: z.number().nullable(),
      /** Commands that the state machine has seen, of the node with most. */
      applied: z.number(),
      residentBytes: z.number(),
    }),
  },
  /** Durations by stage since the last call, of loads of a single client; empty unless started with `stages`. */
  takeStages: { input: z.null(), output: z.array(z.strictObject({ node: z.string(), stage: z.string(), latency: latencySchema })) },
  startProfile: { input: z.null(), output: z.null() },
  /** Leaves the profile in this file. */
  stopProfile: { input: z.strictObject({ file: z.string() }), output: z.null() },
  /** Closes everything: the process then ends by itself, if nothing was left open. */
  stop: { input: z.null(), output: z.null() },
} as const;

/** The calls that a child answers. */
type Methods = typeof methods;
export type MethodName = keyof Methods;
export type Input<Name extends MethodName> = z.output<Methods[Name]['input']>;
export type Output<Name extends MethodName> = z.output<Methods[Name]['output']>;

export const requestSchema = z.strictObject({
  call: z.number(),
  method: z.enum(Object.keys(methods) as [MethodName, ...MethodName[]]),
  input: z.unknown(),
});

export const responseSchema = z.union([
  z.strictObject({ call: z.number(), output: z.unknown() }),
  z.strictObject({ call: z.number(), error: z.string() }),
]);
