/** A timer is late from this part of an election time-out on: what a busy machine does now and then is less. */
const lateFrom = 0.25;
/** Late timers weigh double: in a hidden tab every third or so is punctual, by chance. */
const lateWeight = 2;
const slowedFromScore = 3;
const highestScore = 6;

/**
 * How well the platform keeps this node's timers. A browser slows those of a hidden tab to one a second, later to one a minute; a laptop's
 * lid or SIGSTOP stops them altogether. Nothing unsafe follows from that, but a node that wakes late can't tell a leader's silence from its own
 * sleep, and one that wakes late every time makes a poor leader.
 */
export class Punctuality {
  readonly #lateFromMs: number;
  /** Rises with each late timer, falls with each punctual one. Invariant: 0 <= score <= highestScore. */
  #score = 0;
  #isSlowed = false;
  #wokeLate = false;
  /** This node's time-out was over, and it let the others campaign first; since then there was no leader. */
  #gaveWay = false;

  constructor(electionTimeoutMs: number) {
    this.#lateFromMs = electionTimeoutMs * lateFrom;
  }

  /** Timers come late again and again. Begins and ends at different scores, so that it doesn't flicker. */
  get isSlowed(): boolean {
    return this.#isSlowed;
  }

  /** A timer fired, so long after it was due. */
  timerFired(lateMs: number): void {
    this.#wokeLate = lateMs >= this.#lateFromMs;
    this.#score = this.#wokeLate ? Math.min(highestScore, this.#score + lateWeight) : Math.max(0, this.#score - 1);
    if (this.#score >= slowedFromScore) this.#isSlowed = true;
    else if (this.#score === 0) this.#isSlowed = false;
  }

  /** There is a leader: it was heard, or it is this node. */
  leaderKnown(): void {
    this.#gaveWay = false;
  }

  /**
   * Whether a node whose election time-out is over should wait for another one: after a late wake what the leader sent may still be on its way
   * to us, and whoever is punctual shall campaign first. Once per silence: if only this node can win, it must campaign in the end.
   */
  givesWay(): boolean {
    if (this.#gaveWay || !(this.#isSlowed || this.#wokeLate)) return false;
    this.#gaveWay = true;
    return true;
  }
}
