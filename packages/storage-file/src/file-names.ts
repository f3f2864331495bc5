import { RaftError } from '@raft/wire';

// Numbers are padded, so that a listing sorted by name is sorted by number.

export const identityName = 'identity';
/** Taken by SQLite, which is what makes the kernel free it: see lock.ts. */
export const lockName = 'lock';
export const temporarySuffix = '.tmp';

const segmentPattern = /^segment-(\d{10})$/;
const snapshotPattern = /^snapshot-(\d{16})-(\d{16})-(\d{16})$/;
const lockPattern = /^lock(-journal|-wal|-shm)?$/;
/** What a fresh file system puts in its root. */
const harmless = new Set(['lost+found']);

/** Segments are numbered from 1. */
export function segmentName(segment: number): string {
  return `segment-${padded(segment, 10)}`;
}

/** The file's number is unique in its folder; index and term are for people. */
export function snapshotName(meta: { readonly lastIncludedIndex: number; readonly lastIncludedTerm: number }, file: number): string {
  return `snapshot-${padded(meta.lastIncludedIndex, 16)}-${padded(meta.lastIncludedTerm, 16)}-${padded(file, 16)}`;
}

export interface Listing {
  readonly identity: boolean;
  /** In rising order. */
  readonly segments: readonly number[];
  readonly snapshots: readonly { readonly name: string; readonly file: number }[];
  readonly temporary: readonly string[];
  readonly foreign: readonly string[];
}

/** Sorts the names in a folder by what they are. */
export function sortNames(names: readonly string[]): Listing {
  const segments: number[] = [];
  const snapshots: { name: string; file: number }[] = [];
  const temporary: string[] = [];
  const foreign: string[] = [];
  for (const name of names) {
    const segment = segmentPattern.exec(name)?.[1];
    const snapshot = snapshotPattern.exec(name)?.[3];
    if (segment !== undefined) segments.push(Number(segment));
    else if (snapshot !== undefined) snapshots.push({ name, file: Number(snapshot) });
    else if (isTemporary(name)) temporary.push(name);
    else if (name !== identityName && !lockPattern.test(name) && !harmless.has(name)) foreign.push(name);
  }
  return { identity: names.includes(identityName), segments: segments.sort((a, b) => a - b), snapshots, temporary, foreign };
}

function isTemporary(name: string): boolean {
  if (!name.endsWith(temporarySuffix)) return false;
  const target = name.slice(0, -temporarySuffix.length);
  return target === identityName || snapshotPattern.test(target);
}

function padded(value: number, digits: number): string {
  const text = String(value).padStart(digits, '0');
  if (text.length > digits) throw new RaftError('invariantViolated', `${value} has more than ${digits} digits`);
  return text;
}
