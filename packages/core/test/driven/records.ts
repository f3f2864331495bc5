import { type Bytes, type Configuration, type Entry, encodeConfiguration, encodeEntry } from '@raft/wire';
import type { Identity } from '../../src/transport.ts';

/** The cluster that nodes belong to unless they form one. */
export const clusterId = 'c'.repeat(32);

export function storageIdOf(id: string): string {
  return id.charCodeAt(0).toString(16).padStart(32, '0');
}

export function identityOf(id: string): Identity {
  return { id, storageId: storageIdOf(id), clusterId };
}

export function configurationOf(voters: readonly string[]): Configuration {
  return { voters: voters.map((id) => ({ id, storageId: storageIdOf(id) })) };
}

/** Four bytes. */
export function commandOf(id: number): Bytes {
  return new Uint8Array([id >>> 24, id >>> 16, id >>> 8, id]);
}

/** A log of entries with these terms. Equal (index, term), equal entry: as in one cluster. */
export function logOf(terms: readonly number[], voters: readonly string[]): Entry[] {
  return terms.map((term, at) => {
    if (at === 0) return encodeEntry({ index: 1, term, kind: 'configuration', data: encodeConfiguration(configurationOf(voters)) });
    return encodeEntry({ index: at + 1, term, kind: 'command', data: commandOf(term * 1000 + at + 1) });
  });
}

/** What a state machine that applied entries up to here would say: 20 bytes and more, and no two alike. */
export function snapshotOf(index: number, term: number): Bytes {
  return new Uint8Array(20 + Math.min(index, 60)).fill(index).fill(term, 0, 4);
}
