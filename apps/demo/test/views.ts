import type { StatusAnswer } from '@raft/kv';
import type { NodeView } from '../src/cluster.ts';

const quiet: Omit<StatusAnswer, 'id'> = {
  storageId: '00000000000000000000000000000001',
  clusterId: '00000000000000000000000000000002',
  role: 'follower',
  blank: false,
  notice: null,
  term: 1,
  leaderId: null,
  commitIndex: 1,
  lastApplied: 1,
  durableIndex: 1,
  firstIndex: 1,
  lastIndex: 1,
  snapshotIndex: 0,
  configuration: null,
  forming: null,
};

/** A node as an observer sees it: one that follows nobody yet, but for what is given; without anything, one that does not answer. */
export function view(id: string, given?: Partial<StatusAnswer>, wanted = true): NodeView {
  const member = { id, httpPort: 1, raftPort: 2, dataFolder: id };
  return { member, wanted, status: given === undefined ? undefined : { ...quiet, id, ...given } };
}
