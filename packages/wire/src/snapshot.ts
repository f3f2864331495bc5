import * as z from 'zod';
import { configurationSchema } from './configuration.ts';
import { counterSchema } from './ids.ts';

/** What a snapshot replaces (paper, Figure 13): every entry up to and including `lastIncludedIndex`. */
export const snapshotMetaSchema = z
  .strictObject({
    lastIncludedIndex: counterSchema.min(1),
    lastIncludedTerm: counterSchema.min(1),
    /** The configuration as of `lastIncludedIndex`, and the index of the entry that set it. */
    configuration: configurationSchema,
    configurationIndex: counterSchema,
  })
  .readonly();
export type SnapshotMeta = z.infer<typeof snapshotMetaSchema>;
