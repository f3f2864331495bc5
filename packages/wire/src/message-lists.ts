import * as z from 'zod';
import type { Bytes } from './bytes.ts';
import { decodeConfiguration } from './configuration.ts';
import { type Entry, entryData, entryHeaderBytes, entryKinds } from './entry.ts';
import { RaftError } from './errors.ts';
import { counterSchema } from './ids.ts';

// The lists that messages carry. Each is checked in one pass by a check of its own, since an object schema per item costs twenty
// times as much as decoding it; the tests hold each check against the full schema of the item.

/** Bytes of any length. */
export const bytesSchema = z.custom<Bytes>((value) => value instanceof Uint8Array, 'bytes expected');

/** One forwarded proposal; `id` is the asker's. */
export const proposalSchema = z.object({ id: counterSchema, data: bytesSchema });
export type Proposal = z.infer<typeof proposalSchema>;

/** Why a proposal or read was refused: nothing happened and nothing will. */
export const rejectionSchema = z.enum(['noLeader', 'notLeader', 'overloaded', 'tooLarge', 'stopped', 'timeout']);
export type Rejection = z.infer<typeof rejectionSchema>;

/** What became of one forwarded proposal. */
export const proposeResultSchema = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('appended'), id: counterSchema, index: counterSchema, term: counterSchema }),
  z.object({ outcome: z.literal('rejected'), id: counterSchema, reason: rejectionSchema }),
]);
export type ProposeResult = z.infer<typeof proposeResultSchema>;

/**
 * Well-formed entries, contiguous, of terms that never fall (paper, Figure 3: the log matching property needs both). The
 * payload of a configuration entry is looked at, too: nodes read it as soon as they have it, and one that they can't read,
 * once it is in their logs, would stop them all at each start.
 */
export const entriesSchema = z.custom<readonly Entry[]>(isEntryList, 'entries must be well formed, contiguous and of rising terms');

/** Any number of {@link Proposal}s. */
export const proposalsSchema = z.custom<readonly Proposal[]>((value) => isListOf(value, isProposal), 'a bad list of proposals');

/** Any number of {@link ProposeResult}s. */
export const proposeResultsSchema = z.custom<readonly ProposeResult[]>(
  (value) => isListOf(value, isProposeResult),
  'a bad list of results',
);

function isEntryList(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  let previous: Entry | undefined;
  for (const entry of value as unknown[]) {
    if (!isEntry(entry)) return false;
    if (previous && (entry.index !== previous.index + 1 || entry.term < previous.term)) return false;
    previous = entry;
  }
  return true;
}

function isEntry(value: unknown): value is Entry {
  if (!isObject<Entry>(value)) return false;
  if (!isCounter(value.index) || value.index < 1) return false;
  if (!isCounter(value.term) || value.term < 1) return false;
  if (!isCounter(value.time)) return false;
  if (!entryKinds.includes(value.kind as Entry['kind'])) return false;
  if (!(value.bytes instanceof Uint8Array && value.bytes.length >= entryHeaderBytes)) return false;
  return value.kind !== 'configuration' || holdsConfiguration(value as Entry);
}

function holdsConfiguration(entry: Entry): boolean {
  try {
    decodeConfiguration(entryData(entry));
    return true;
  } catch (error) {
    if (error instanceof RaftError && error.code === 'malformed') return false;
    throw error;
  }
}

function isProposal(value: unknown): boolean {
  return isObject<Proposal>(value) && isCounter(value.id) && value.data instanceof Uint8Array;
}

function isProposeResult(value: unknown): boolean {
  if (!isObject<{ outcome: unknown; id: unknown; index: unknown; term: unknown; reason: unknown }>(value) || !isCounter(value.id))
    return false;
  if (value.outcome === 'appended') return isCounter(value.index) && isCounter(value.term);
  return value.outcome === 'rejected' && rejectionSchema.options.includes(value.reason as Rejection);
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  if (!Array.isArray(value)) return false;
  for (const item of value as unknown[]) {
    if (!isItem(item)) return false;
  }
  return true;
}

function isObject<T>(value: unknown): value is { readonly [Key in keyof T]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounter(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
