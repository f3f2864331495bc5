import type { Outgoing, Ready } from '../protocol/ready.ts';
import type { Storage } from '../storage.ts';

type Write = NonNullable<Ready['write']>;
type Held = Ready['messagesAfter'][number];

interface UnderWay {
  readonly ticket: number;
  readonly since: number;
  ended: boolean;
}

export interface WritesOptions {
  readonly storage: Pick<Storage, 'write'>;
  readonly stallTimeoutMs: number;
  readonly send: (message: Outgoing) => void;
  /** A write has ended: {@link Writes.takeDurable} has news. */
  readonly completed: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * The writes under way, and what waits for them. Tickets say what is durable: a message or action that names a ticket
 * happens once that write and each before it have ended well, and never after one failed.
 */
export class Writes {
  readonly #options: WritesOptions;
  /** In order of tickets; a write leaves when it and all before it have ended. */
  readonly #underWay: UnderWay[] = [];
  #held: Held[] = [];
  #actions: { readonly ticket: number; readonly act: () => void }[] = [];
  #handed = 0;
  #durable = 0;
  #reported = 0;
  #completedAt = 0;
  #stalled = false;
  #failed = false;
  #last: Promise<void> = Promise.resolve();

  constructor(options: WritesOptions) {
    this.#options = options;
  }

  /** The newest ticket that was handed out. */
  get handed(): number {
    return this.#handed;
  }

  hand(write: Write, now: number): void {
    if (this.#failed) return;
    const underWay = { ticket: write.ticket, since: now, ended: false };
    this.#handed = write.ticket;
    this.#underWay.push(underWay);
    this.#last = this.#options.storage.write(write).then(
      () => this.#ended(underWay),
      (error: unknown) => this.fail(error),
    );
  }

  /** Sends the message once its ticket is durable: at once if it is. */
  hold(message: Held): void {
    if (this.#failed) return;
    if (message.ticket <= this.#reported) this.#options.send(message);
    else this.#held.push(message);
  }

  /** Acts once the ticket is durable: at once if it is. */
  after(ticket: number, act: () => void): void {
    if (this.#failed) return;
    if (ticket <= this.#reported) act();
    else this.#actions.push({ ticket, act });
  }

  /** Lets go of what waited; returns the newest durable ticket if it is news. */
  takeDurable(now: number): number | undefined {
    const durable = this.#durable;
    if (durable === this.#reported || this.#failed) return undefined;
    this.#reported = durable;
    this.#completedAt = now;
    this.#stalled = false;
    const held = this.#held;
    if (held.length > 0) {
      this.#held = held.filter((message) => message.ticket > durable);
      for (const message of held) if (message.ticket <= durable) this.#options.send(message);
    }
    const actions = this.#actions;
    if (actions.length > 0) {
      this.#actions = actions.filter((action) => action.ticket > durable);
      for (const action of actions) if (action.ticket <= durable) action.act();
    }
    return durable;
  }

  /** When the storage counts as stalled unless a write ends before. */
  get stallsAt(): number {
    const oldest = this.#underWay[0];
    if (!oldest || this.#stalled || this.#failed) return Number.POSITIVE_INFINITY;
    return Math.max(oldest.since, this.#completedAt) + this.#options.stallTimeoutMs;
  }

  /** True once for each stall. */
  takeStalled(now: number): boolean {
    if (now < this.stallsAt) return false;
    this.#stalled = true;
    return true;
  }

  /** What waited waits for ever: nothing may say that it is durable. */
  fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#held = [];
    this.#actions = [];
    this.#options.failed(error);
  }

  /** Resolves once no write is under way. Never rejects. */
  settled(): Promise<void> {
    return this.#last;
  }

  #ended(write: UnderWay): void {
    if (this.#failed) return;
    write.ended = true;
    // A ticket stands for every write before it too, so one that ends early (against the contract) must wait for them.
    for (let oldest = this.#underWay[0]; oldest?.ended; oldest = this.#underWay[0]) {
      this.#durable = oldest.ticket;
      this.#underWay.shift();
    }
    this.#options.completed();
  }
}
