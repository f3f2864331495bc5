import type { NodeId } from '@raft/wire';

/** What is asked when a second connection with the same peer opens. */
export interface Meeting {
  readonly ownId: NodeId;
  readonly remoteId: NodeId;
  readonly current: { readonly isDialledByUs: boolean; readonly openedAt: number };
  readonly newcomer: { readonly isDialledByUs: boolean; readonly openedAt: number };
  /** Two handshakes that are further apart than this can't have crossed. */
  readonly crossingMs: number;
}

/** Which of the two carries messages from now on, and what becomes of the other. */
export interface Verdict {
  readonly keep: 'current' | 'newcomer';
  /**
   * `destroy`: its other end has given it up. `retire`: end it, reading what is still under way. `hold`: leave it for the other end to end.
   */
  readonly other: 'destroy' | 'retire' | 'hold';
}

/**
 * Of two connections whose handshakes crossed, the one that the smaller id dialled stays. The node with the smaller id alone ends one of
 * them, and the other follows: so the two can never end both.
 *
 * A node dials, and answers the handshake, only while it knows no connection. So a newcomer dialled by the same end replaces its
 * predecessor (that end was restarted, or saw it break), and one whose predecessor is too old to have crossed it replaces that too (the
 * network was cut, and the other end noticed first).
 */
export function settle(meeting: Meeting): Verdict {
  const { ownId, remoteId, current, newcomer, crossingMs } = meeting;
  if (newcomer.isDialledByUs === current.isDialledByUs) return { keep: 'newcomer', other: 'destroy' };
  if (ownId > remoteId) return { keep: newcomer.isDialledByUs ? 'current' : 'newcomer', other: 'hold' };
  const hasCrossed = newcomer.openedAt - current.openedAt <= crossingMs;
  return { keep: newcomer.isDialledByUs || !hasCrossed ? 'newcomer' : 'current', other: 'retire' };
}
