import type { Clock, Timer } from '../clock.ts';
import type { Raft } from '../protocol/raft.ts';
import type { Event, Ready } from '../protocol/ready.ts';

/** Longest delay that every platform's timers take: 2^31 − 1 ms, a month less a week. */
const longestDelayMs = 2 ** 31 - 1;

/** What the pump drives, and what it is told. None of these throws, but the protocol on a broken invariant. */
export interface PumpOptions {
  readonly clock: Clock;
  readonly raft: Pick<Raft, 'step' | 'takeReady'>;
  /** First in each turn: what came due may be posted and is stepped in this very turn. */
  readonly begin: (now: number) => void;
  /** The proposals made since the last turn. */
  readonly takeProposals: () => Extract<Event, { type: 'Propose' }>['proposals'];
  readonly perform: (ready: Ready, now: number) => void;
  /** When `begin` wants to be called at the latest; may be earlier than needed. */
  readonly deadline: () => number;
  /** The protocol threw: an invariant is broken, and nothing it says may be trusted again. */
  readonly broken: (error: unknown) => void;
}

/**
 * Turns events into effects: one turn of the event loop, one batch of steps, one Ready.
 *
 * Nothing calls the protocol but {@link Pump.#turn}, which the clock calls from outside of everything; so a callback
 * that asks for more (a proposal made within `apply`) only fills the inbox, and never steps within a step.
 */
export class Pump {
  readonly #options: PumpOptions;
  #inbox: Event[] = [];
  #scheduled = false;
  #stopped = false;
  #wakeAt = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  /** The timer fired since the last turn, so long after it was due. */
  #lateMs: number | undefined;

  constructor(options: PumpOptions) {
    this.#options = options;
  }

  post(event: Event): void {
    if (this.#stopped) return;
    this.#inbox.push(event);
    this.wake();
  }

  /** Makes sure that a turn follows. */
  wake(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    this.#options.clock.defer(this.#turn);
  }

  /** No turn begins after this, and no timer is left. */
  stop(): void {
    this.#stopped = true;
    this.#inbox = [];
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  readonly #turn = (): void => {
    this.#scheduled = false;
    if (this.#stopped) return;
    const now = this.#options.clock.now();
    try {
      this.#step(now);
      const ready = this.#options.raft.takeReady();
      this.#wakeAt = ready.wakeAt;
      this.#options.perform(ready, now);
    } catch (error) {
      this.#options.broken(error);
    }
    this.#arm(now);
  };

  #step(now: number): void {
    const { raft, begin, takeProposals } = this.#options;
    begin(now);
    // What arrives from here on belongs to the next turn: a turn is never longer than what came before it.
    const events = this.#inbox;
    this.#inbox = [];
    for (const event of events) raft.step(event, now);
    const proposals = takeProposals();
    if (proposals.length > 0) raft.step({ type: 'Propose', proposals }, now);
    // After the messages: a process that slept hears its leader before it finds that the time is over.
    const lateMs = this.#lateMs;
    this.#lateMs = undefined;
    if (lateMs !== undefined) raft.step({ type: 'Tick', lateMs }, now);
    else if (now >= this.#wakeAt) raft.step({ type: 'Tick' }, now);
  }

  /**
   * One timer for everything. One that fires too early is left alone, since most deadlines move on before they come:
   * setting a timer per turn would cost more than the turn.
   */
  #arm(now: number): void {
    if (this.#stopped) return;
    const at = Math.min(this.#wakeAt, this.#options.deadline());
    if (this.#timer && this.#timerAt <= at) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (at === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.min(Math.max(at - now, 0), longestDelayMs);
    this.#timerAt = now + delayMs;
    this.#timer = this.#options.clock.setTimer(delayMs, this.#fired);
  }

  readonly #fired = (): void => {
    this.#timer = undefined;
    this.#lateMs = this.#options.clock.now() - this.#timerAt;
    this.wake();
  };
}
