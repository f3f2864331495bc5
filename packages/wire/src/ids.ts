import * as z from 'zod';

/** Largest term, index or counter: exact in a JS number, checked wherever bytes come in. */
export const maxCounter = Number.MAX_SAFE_INTEGER;

/** A node's name within its cluster: 1–64 letters, digits, `.`, `_` or `-`. */
export const nodeIdSchema = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'a node id is 1–64 of A–Z a–z 0–9 . _ -');
export type NodeId = z.infer<typeof nodeIdSchema>;

/** 128 random bits in hex, drawn when a storage is formatted: tells a node from the same node with a wiped disk. */
export const storageIdSchema = z.string().regex(/^[0-9a-f]{32}$/, 'a storage id is 32 lower-case hex digits');
export type StorageId = z.infer<typeof storageIdSchema>;

/** 128 bits in hex, derived from the cluster's name and its first members. */
export const clusterIdSchema = z.string().regex(/^[0-9a-f]{32}$/, 'a cluster id is 32 lower-case hex digits');
export type ClusterId = z.infer<typeof clusterIdSchema>;

/** A term, an index or a counter: a whole number from 0 to 2^53 − 1. */
export const counterSchema = z.number().int().min(0).max(maxCounter);

/** A node together with the storage that it runs on: what votes and acknowledgements are counted by. */
export const peerSchema = z.strictObject({ id: nodeIdSchema, storageId: storageIdSchema }).readonly();
export type Peer = z.infer<typeof peerSchema>;
