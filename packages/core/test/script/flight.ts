import type { Message } from '@raft/wire';
import type { Identity } from '../../src/transport.ts';

/** A message that was sent and has neither arrived nor been lost. */
export interface Letter {
  /** As the receiver's handshake with the sender told. */
  readonly from: Identity;
  readonly to: string;
  readonly message: Message;
}

/**
 * Which letters are meant: `a>b`, `a>*`, `*>b`, the type of a message (AppendEntries are
 * `heartbeat` without entries and `entries` with some), or several of these, all of which must hold.
 */
export type Pattern = readonly string[];

function fits({ from, to, message }: Letter, pattern: Pattern): boolean {
  return pattern.every((part) => {
    const [sender, receiver] = part.split('>');
    if (part === 'heartbeat' || part === 'entries')
      return message.type === 'AppendEntries' && message.entries.length > 0 === (part === 'entries');
    if (receiver === undefined) return part === message.type;
    return (sender === '*' || sender === from.id) && (receiver === '*' || receiver === to);
  });
}

/** What is on its way, in the order of sending, and the links that are cut. */
export class Flight {
  private letters: Letter[] = [];
  private cuts: Pattern[] = [];
  private holds: Pattern[] = [];

  /** False: it is lost on a link that is cut. */
  send(letter: Letter): boolean {
    const arrives = !this.cuts.some((cut) => fits(letter, cut));
    if (arrives) this.letters.push(letter);
    return arrives;
  }

  cut(pattern: Pattern): void {
    this.cuts.push(pattern);
  }

  heal(): void {
    this.cuts = [];
  }

  /** Letters like these stay on their way until they are asked for by name. */
  hold(pattern: Pattern): void {
    this.holds.push(pattern);
  }

  release(): void {
    this.holds = [];
  }

  /** Takes those that fit off their way; without a pattern all that nobody holds. */
  take(pattern: Pattern): Letter[] {
    const taken = this.letters.filter((letter) =>
      pattern.length === 0 ? !this.holds.some((hold) => fits(letter, hold)) : fits(letter, pattern),
    );
    this.letters = this.letters.filter((letter) => !taken.includes(letter));
    return taken;
  }

  /** A second copy of each that fits. */
  copy(pattern: Pattern): void {
    this.letters.push(...this.letters.filter((letter) => fits(letter, pattern)));
  }
}
