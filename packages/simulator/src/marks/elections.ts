import type { Mark } from './mark.ts';
import type { Handled } from './mark-watcher.ts';

export const electionMarks: readonly Mark[] = [
  {
    id: 'pre-vote-teaches-term',
    what: 'a pre-vote is refused for a higher term, which the asker takes over',
    paper: 'thesis §9.6',
    watch: (_scene, reach) => ({
      heard: {
        PreVoteReply(_node, { granted }, { before, after }) {
          if (!granted && after.term > before.term) reach();
        },
      },
    }),
  },
  {
    id: 'vote-refused-to-stay-loyal',
    what: 'a request for a vote of a higher term is ignored, since a leader was just heard',
    paper: 'thesis §4.2.3',
    watch: (_scene, reach) => ({
      heard: {
        RequestVote(_node, { term }, { before, after }) {
          if (term > before.term && after.term === before.term) reach();
        },
      },
    }),
  },
  {
    id: 'vote-overtaken',
    what: 'a vote waits for its write, and leaves when a later term has come already',
    paper: 'thesis §10.2.1',
    watch: (scene, reach) => ({
      says: {
        RequestVoteReply(node, { granted, term }) {
          if (granted && term < scene.vitals(node).term) reach();
        },
      },
    }),
  },
  {
    id: 'second-candidate-refused',
    what: 'two candidates ask one voter in one term, and the second gets no vote',
    paper: '§5.2',
    watch: (_scene, reach) => ({
      heard: {
        RequestVote(_node, { term }, { from, before, after }) {
          if (term === before.term && before.votedFor !== null && after.votedFor !== from?.id) reach();
        },
      },
    }),
  },
  {
    id: 'election-lost',
    what: 'a candidate gets no majority in its term, and asks anew',
    paper: '§5.2',
    watch: (_scene, reach) => ({
      turned(_node, { before, after }) {
        if (before.role === 'candidate' && (after.role === 'preCandidate' || (after.role === 'candidate' && after.term > before.term)))
          reach();
      },
    }),
  },
  {
    id: 'candidate-follows',
    what: 'a candidate hears the leader of its own term, and follows',
    paper: '§5.2',
    watch: (_scene, reach) => {
      const follows = (_node: unknown, { term }: { readonly term: number }, { before, after }: Handled): void => {
        if (before.role === 'candidate' && term === before.term && after.role === 'follower') reach();
      };
      return { heard: { AppendEntries: follows, InstallSnapshot: follows } };
    },
  },
  {
    id: 'leader-unheard-steps-down',
    what: 'a leader hears no majority for an election time-out, and steps down in its own term',
    paper: 'thesis §6.2',
    watch: (_scene, reach) => ({
      turned(_node, { message, before, after }) {
        const stepsDown = before.role === 'leader' && after.role === 'follower' && before.term === after.term;
        // With a write under way it may be the disk that stalls.
        if (stepsDown && message === undefined && before.durableIndex === before.lastIndex) reach();
      },
    }),
  },
  {
    id: 'leader-stalled-steps-down',
    what: 'a leader steps down in its own term while a write is under way',
    watch: (_scene, reach) => ({
      turned(_node, { message, before, after }) {
        const stepsDown = before.role === 'leader' && after.role === 'follower' && before.term === after.term;
        if (stepsDown && message === undefined && before.durableIndex < before.lastIndex) reach();
      },
    }),
  },
  {
    id: 'two-leaders-at-once',
    what: 'a leader is elected while that of an earlier term still leads for itself',
    paper: '§5.1, §8',
    watch: (scene, reach) => ({
      turned(_node, { before, after }) {
        if (after.role === 'leader' && before.role !== 'leader' && scene.leaders > 0) reach();
      },
    }),
  },
  {
    id: 'timers-slowed-campaigns',
    what: 'a node whose timers come late again and again campaigns, after it let others go first',
    watch: (_scene, reach) => ({
      turned(_node, { before, after }) {
        if (after.timersSlowed && after.role === 'preCandidate' && before.role !== 'preCandidate') reach();
      },
    }),
  },
  {
    id: 'configuration-handed-over',
    what: 'a formed node hands the first configuration to a blank one',
    watch: (_scene, reach) => ({
      says: { Form: reach },
    }),
  },
];
