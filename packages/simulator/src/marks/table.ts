import { crashMarks } from './crashes.ts';
import { electionMarks } from './elections.ts';
import type { Mark, MarkRow } from './mark.ts';
import { replicationMarks } from './replication.ts';
import { requestMarks } from './requests.ts';
import { snapshotMarks } from './snapshots.ts';
import { waitingMarks } from './waiting.ts';

/** Those that a campaign must reach. */
export const marks: readonly Mark[] = [...electionMarks, ...replicationMarks, ...snapshotMarks, ...crashMarks, ...requestMarks];

export const markRows: readonly MarkRow[] = [...marks, ...waitingMarks];
