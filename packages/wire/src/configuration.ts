import * as z from 'zod';
import { nodeIdSchema, storageIdSchema } from './ids.ts';

/** Most members a configuration may name. */
export const maxMembers = 64;

/** One member. `address` is a URL (`tcp://127.0.0.1:9081`); a browser has none, since nobody can dial it. */
export const memberSchema = z
  .strictObject({ id: nodeIdSchema, storageId: storageIdSchema, address: z.string().min(1).max(256).optional() })
  .readonly();
export type Member = z.infer<typeof memberSchema>;

/** Who belongs to the cluster. Takes effect when its entry is appended, not when it commits (thesis §4.1). */
export const configurationSchema = z
  .strictObject({ voters: z.array(memberSchema).min(1).max(maxMembers).readonly() })
  .refine(({ voters }) => new Set(voters.map((member) => member.id)).size === voters.length, 'a node id stands in a configuration once')
  .readonly();
export type Configuration = z.infer<typeof configurationSchema>;
