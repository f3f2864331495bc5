import type { WaitingMark } from './mark.ts';

/** Each comes with its feature. */
export const waitingMarks: readonly WaitingMark[] = [
  {
    id: 'joint-quorums-disagree',
    what: 'one half of a joint configuration agrees and the other does not',
    paper: 'thesis §4.3',
    waitsFor: 'joint consensus',
  },
  {
    id: 'joint-left-by-another',
    what: 'another leader leaves the joint configuration than entered it',
    paper: 'thesis §4.3',
    waitsFor: 'joint consensus',
  },
  {
    id: 'configuration-rolled-back',
    what: 'a configuration that was in force is cut',
    paper: 'thesis §4.1',
    waitsFor: 'membership changes',
  },
  {
    id: 'leader-removed',
    what: 'a leader that is removed leads until that commits',
    paper: 'thesis §4.2.2',
    waitsFor: 'membership changes',
  },
  {
    id: 'change-superseded',
    what: 'a change of members is given up for another',
    waitsFor: 'membership changes',
  },
  {
    id: 'promotion-across-leaders',
    what: 'a learner is promoted by another leader than was asked',
    paper: 'thesis §4.2.1',
    waitsFor: 'learners',
  },
  {
    id: 'transfer-to-lagging',
    what: 'leadership is to go to a node that has to catch up first',
    paper: 'thesis §3.10',
    waitsFor: 'leadership transfer',
  },
  {
    id: 'transfer-timed-out',
    what: 'the target of a transfer does not take over in time',
    paper: 'thesis §3.10',
    waitsFor: 'leadership transfer',
  },
  { id: 'lease-withheld-vote', what: 'a vote is refused since a promise has not ended', paper: 'thesis §6.4.1', waitsFor: 'leases' },
  { id: 'lease-ends-during-read', what: 'a lease ends between a read and its answer', paper: 'thesis §6.4.1', waitsFor: 'leases' },
  {
    id: 'retry-answered-from-session',
    what: 'a command that comes again is answered and not applied',
    paper: 'thesis §6.3',
    waitsFor: 'sessions',
  },
  { id: 'session-expired', what: 'a command comes after its session has expired', paper: 'thesis §6.3', waitsFor: 'sessions' },
];
