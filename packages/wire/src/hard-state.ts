import * as z from 'zod';
import { counterSchema, nodeIdSchema } from './ids.ts';

/** What a node must not forget besides its log (paper, Figure 2, "persistent state on all servers"). */
export const hardStateSchema = z.strictObject({ currentTerm: counterSchema, votedFor: nodeIdSchema.nullable() }).readonly();
export type HardState = z.infer<typeof hardStateSchema>;

/** The state of a storage that was just formatted. */
export const initialHardState: HardState = { currentTerm: 0, votedFor: null };
