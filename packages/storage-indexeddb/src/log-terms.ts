import type { TermRun } from '@raft/core';

/** The terms of a log, as runs: what a batch is checked against. */
export class LogTerms {
  /** Rising in index and term; the first begins at firstIndex; empty when there is no entry. */
  #runs: TermRun[] = [];
  #lastIndex = 0;

  get lastIndex(): number {
    return this.#lastIndex;
  }

  get runs(): readonly TermRun[] {
    return this.#runs;
  }

  /** undefined when the entry isn't in the log. */
  termAt(index: number): number | undefined {
    return index > this.#lastIndex ? undefined : this.#runs.findLast((run) => run.index <= index)?.term;
  }

  /** The entry behind the last one. */
  append(term: number): void {
    this.#lastIndex += 1;
    if (this.#runs.at(-1)?.term !== term) this.#runs.push({ index: this.#lastIndex, term });
  }

  /** Forgets the entries behind `index`. */
  keepThrough(index: number): void {
    if (index >= this.#lastIndex) return;
    this.#runs = this.#runs.filter((run) => run.index <= index);
    this.#lastIndex = index;
  }

  /** Forgets the entries before `index`. */
  keepFrom(index: number): void {
    const term = this.termAt(index);
    const rest = this.#runs.filter((run) => run.index > index);
    this.#runs = term === undefined ? rest : [{ index, term }, ...rest];
  }

  /** No entries; the next one follows `index`. */
  reset(index: number): void {
    this.#runs = [];
    this.#lastIndex = index;
  }
}
