import { type Bug, waiting } from '../bug.ts';

/** Transfer of leadership, which is not there yet. */
export const transfer: readonly Bug[] = [
  waiting('T01', 'TimeoutNow is sent before the target has caught up', 'leadership transfer'),
  waiting('T03', 'a transfer never ends when its target is dead', 'leadership transfer'),
  waiting('T04', 'a stale TimeoutNow is obeyed', 'leadership transfer'),
  waiting('T06', 'leadership is transferred to a learner', 'leadership transfer'),
  waiting('T07', 'the pre-vote of a transfer’s target is refused', 'leadership transfer'),
  waiting('T09', 'a lease goes on after a transfer that was given up', 'leases'),
];
