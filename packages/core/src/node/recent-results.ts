/** How many results are kept, a power of two. */
const capacity = 4096;

interface Applied<Result> {
  readonly index: number;
  readonly term: number;
  readonly result: Result;
}

/**
 * Results of the entries applied last. A follower may apply an entry before it learns that the entry is its own
 * proposal (the leader's answer was overtaken): then the result is found here.
 */
export class RecentResults<Result> {
  #slots: (Applied<Result> | undefined)[] = [];

  put(index: number, term: number, result: Result): void {
    this.#slots[index % capacity] = { index, term, result };
  }

  get(index: number): Applied<Result> | undefined {
    const applied = this.#slots[index % capacity];
    return applied?.index === index ? applied : undefined;
  }

  clear(): void {
    if (this.#slots.length > 0) this.#slots = [];
  }
}
