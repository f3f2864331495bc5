export { type LogChange, LogPlan } from './log-plan.ts';
export { SnapshotShelf } from './snapshot-shelf.ts';
export { randomStorageId } from './storage-id.ts';
export { TermOutline } from './term-outline.ts';
