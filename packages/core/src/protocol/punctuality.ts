import type { State } from './state.ts';

/**
 * How well the platform keeps this node's timers. A browser slows those of a hidden tab to one a second, later to one a minute; a laptop's
 * lid or SIGSTOP stops them altogether. Nothing unsafe follows from that, but a node that wakes late can't tell a leader's silence from its own
 * sleep, and one that wakes late every time makes a poor leader.
 */
export interface Punctuality {
  /** Rises with each late timer, falls with each punctual one: between 0 and `highestScore`. */
  score: number;
  /** Timers come late again and again. Set and cleared at different scores, so that it doesn't flicker. */
  slowed: boolean;
  /** The last timer came late. */
  wokeLate: boolean;
  /** This node's time-out was over, and it let the others campaign first; since then it has heard no leader. */
  gaveWay: boolean;
}

/** A timer is late from this part of an election time-out on: what a busy machine does now and then is less. */
const lateFrom = 0.25;
/** Late timers weigh double: in a hidden tab every third or so is punctual, by chance. */
const lateWeight = 2;
const slowedFromScore = 3;
const highestScore = 6;

export function newPunctuality(): Punctuality {
  return { score: 0, slowed: false, wokeLate: false, gaveWay: false };
}

/** A timer fired, so long after it was due. */
export function noteTimer({ punctuality, config }: State, lateMs: number): void {
  const isLate = lateMs >= config.electionTimeoutMs * lateFrom;
  punctuality.wokeLate = isLate;
  punctuality.score = isLate ? Math.min(highestScore, punctuality.score + lateWeight) : Math.max(0, punctuality.score - 1);
  if (punctuality.score >= slowedFromScore) punctuality.slowed = true;
  else if (punctuality.score === 0) punctuality.slowed = false;
}

/**
 * Whether a node whose election time-out is over should wait for another one: after a late wake what the leader sent may still be on its way to us,
 * and whoever is punctual shall campaign first. Once per silence: if only this node can win, it must campaign in the end.
 */
export function givesWay({ punctuality }: State): boolean {
  if (punctuality.gaveWay || !(punctuality.slowed || punctuality.wokeLate)) return false;
  punctuality.gaveWay = true;
  return true;
}
