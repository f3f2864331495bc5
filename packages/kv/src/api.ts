import { clusterIdSchema, configurationSchema, counterSchema, nodeIdSchema, storageIdSchema } from '@raft/wire';
import * as z from 'zod';

// What the server answers, as schemas: the server's answers are typed by them and the client checks answers with them.
// Objects are loose, so that a client goes on with a newer server that says more.

/** Answer to a write that happened. */
export const storedAnswerSchema = z.object({ revision: counterSchema });
export type StoredAnswer = z.infer<typeof storedAnswerSchema>;

/** 412: the revision that stands, null for none. */
export const conflictAnswerSchema = z.object({ revision: counterSchema.nullable() });
export type ConflictAnswer = z.infer<typeof conflictAnswerSchema>;

export const deletedAnswerSchema = z.object({ deleted: z.boolean() });
export type DeletedAnswer = z.infer<typeof deletedAnswerSchema>;

/** GET with `Accept: application/json`. */
const valueAnswerSchema = z.object({ key: z.string(), value: z.base64(), revision: counterSchema });
export type ValueAnswer = z.infer<typeof valueAnswerSchema>;

/** Every other answer that is no success. */
export const errorAnswerSchema = z.object({ error: z.string(), message: z.string() });
export type ErrorAnswer = z.infer<typeof errorAnswerSchema>;

/** What GET /v1/status says. */
export const statusAnswerSchema = z.object({
  id: nodeIdSchema,
  storageId: storageIdSchema,
  clusterId: clusterIdSchema.nullable(),
  role: z.enum(['leader', 'follower', 'preCandidate', 'candidate', 'stopped']),
  blank: z.boolean(),
  /** For people: why this node takes no part, null while it does. */
  notice: z.string().nullable(),
  term: counterSchema,
  leaderId: nodeIdSchema.nullable(),
  commitIndex: counterSchema,
  lastApplied: counterSchema,
  durableIndex: counterSchema,
  firstIndex: counterSchema,
  lastIndex: counterSchema,
  snapshotIndex: counterSchema,
  configuration: configurationSchema.nullable(),
  /** While a bootstrap waits: members not heard of yet, and members that belong to another cluster. */
  forming: z.object({ missing: z.array(nodeIdSchema).readonly(), foreign: z.array(nodeIdSchema).readonly() }).nullable(),
});
export type StatusAnswer = z.infer<typeof statusAnswerSchema>;
