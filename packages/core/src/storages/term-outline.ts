import type { TermRun } from '../storage.ts';

/** First and last index of a log, and the terms between, as runs. */
export class TermOutline {
  #firstIndex = 1;
  #lastIndex = 0;
  /** Rising in index and term; the first begins at firstIndex; empty when there is no entry. */
  #runs: TermRun[] = [];

  get firstIndex(): number {
    return this.#firstIndex;
  }

  get lastIndex(): number {
    return this.#lastIndex;
  }

  get runs(): readonly TermRun[] {
    return this.#runs;
  }

  /** undefined when there is no entry. */
  get lastTerm(): number | undefined {
    return this.#runs.at(-1)?.term;
  }

  /** undefined when the entry isn't in the log. */
  termAt(index: number): number | undefined {
    if (index < this.#firstIndex || index > this.#lastIndex) return undefined;
    return this.#runs.findLast((run) => run.index <= index)?.term;
  }

  /** The entry behind the last one. */
  append(term: number): void {
    this.#lastIndex += 1;
    if (this.lastTerm !== term) this.#runs.push({ index: this.#lastIndex, term });
  }

  truncateFrom(index: number): void {
    if (index > this.#lastIndex) return;
    if (index <= this.#firstIndex) {
      this.reset(index - 1);
      return;
    }
    this.#lastIndex = index - 1;
    while ((this.#runs.at(-1)?.index ?? 0) >= index) this.#runs.pop();
  }

  /** Forgets the entries up to and including `index`. */
  compact(index: number): void {
    if (index < this.#firstIndex) return;
    if (index >= this.#lastIndex) {
      this.reset(index);
      return;
    }
    const term = this.termAt(index + 1) ?? 0;
    this.#runs = [{ index: index + 1, term }, ...this.#runs.filter((run) => run.index > index + 1)];
    this.#firstIndex = index + 1;
  }

  /** No entries; the next one follows `index`. */
  reset(index: number): void {
    this.#runs = [];
    this.#firstIndex = index + 1;
    this.#lastIndex = index;
  }
}
