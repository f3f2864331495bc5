import { type Bug, change, waiting } from '../bug.ts';

/** Changes of the configuration. Nearly all wait until there are any. */
export const membership: readonly Bug[] = [
  waiting('C01', 'a configuration counts from its commit on, not from its append', 'membership changes'),
  waiting('C03', 'a change is taken before an entry of the term is committed', 'membership changes'),
  waiting('C04', 'a configuration outlives the truncation of its entry', 'membership changes'),
  waiting('C06', 'a removed leader steps down too early, or never', 'membership changes'),
  waiting('C07', 'learners count for the commit', 'learners'),
  waiting('C09', 'the joint configuration is left many times, or never', 'joint consensus'),
  waiting('C10', 'a voter is added that has not caught up', 'learners'),
  waiting('C12', 'a server outside its latest configuration never campaigns', 'membership changes'),
  waiting('C13', 'a removed server is not told', 'membership changes'),
  {
    id: 'C15',
    name: 'who is silent does not count: the quorum shrinks',
    source: 'NuRaft 92fce2f, ed1c153, ae307e3',
    ...change(
      'packages/core/src/protocol/replication.ts',
      '  if (configuration === null) return;\n  const index = quorumValue(configuration, (voter) =>',
      '  if (configuration === null) return;\n  const { electionTimeoutMs } = state.config;\n  const heard = (id: string) => id === state.self.id || state.now - (leader.progress.get(id)?.lastHeardAt ?? 0) < electionTimeoutMs;\n  const index = quorumValue({ ...configuration, voters: configuration.voters.filter(({ id }) => heard(id)) }, (voter) =>',
    ),
    caughtBy: { seeds: ['I05'] },
  },
  waiting('C16', 'answers of removed servers confirm a read', 'membership changes'),
  waiting('C18', 'an update of a learner’s address makes it a voter', 'learners'),
];
