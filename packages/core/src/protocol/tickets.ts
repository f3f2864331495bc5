interface Outstanding {
  readonly ticket: number;
  /** The log is durable up to here once the write is: lowered when a truncation takes back what it wrote. */
  index: number;
  readonly term: number;
}

/**
 * Which writes are under way, and what is durable. Numbered tickets say it, never (index, term): an entry that was
 * written, truncated and written again with the same index must not be taken for durable when its first write
 * completes (the ABA race of asynchronous storage).
 */
export class Tickets {
  #last = 0;
  readonly #outstanding: Outstanding[] = [];
  /** The last entry that is durable and still in the log. */
  durableIndex: number;
  /** The currentTerm that is durable. */
  durableTerm: number;

  constructor(durable: { readonly index: number; readonly term: number }) {
    this.durableIndex = durable.index;
    this.durableTerm = durable.term;
  }

  /** The ticket that the next write will get. */
  get next(): number {
    return this.#last + 1;
  }

  /** The ticket of the newest write under way; undefined when everything is durable. */
  get newest(): number | undefined {
    return this.#outstanding.at(-1)?.ticket;
  }

  issue(write: { readonly lastIndex: number; readonly term: number }): number {
    this.#last += 1;
    this.#outstanding.push({ ticket: this.#last, index: write.lastIndex, term: write.term });
    return this.#last;
  }

  /** The write of `ticket`, and every one before it, is durable. */
  persisted(ticket: number): void {
    while (this.#outstanding[0] !== undefined && this.#outstanding[0].ticket <= ticket) {
      const write = this.#outstanding.shift();
      if (write === undefined) return;
      this.durableIndex = Math.max(this.durableIndex, write.index);
      this.durableTerm = Math.max(this.durableTerm, write.term);
    }
  }

  /** The first ticket under way that holds `term`; undefined when the term is durable or not yet written. */
  holding(term: number): number | undefined {
    return this.#outstanding.find((write) => write.term >= term)?.ticket;
  }

  /** Entries behind `index` are no longer in the log: no write, done or under way, stands for them. */
  lower(index: number): void {
    this.durableIndex = Math.min(this.durableIndex, index);
    for (const write of this.#outstanding) write.index = Math.min(write.index, index);
  }
}
