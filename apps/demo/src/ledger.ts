import type { GetOutcome, PutOutcome } from '@raft/kv';

/** What one write came to. A write that was refused never happened and is not kept. */
interface Attempt {
  readonly value: string;
  /** Null: unknown, it may have happened, or may still. */
  readonly revision: number | null;
}

/** What a cluster promised: every write that it acknowledged, and those of which nobody knows. */
export class Ledger {
  readonly #keys = new Map<string, Attempt[]>();
  #acknowledged = 0;
  #overwrites = 0;
  #unknown = 0;
  #refused = 0;

  /** Takes down how a write ended. Every value must be unique, and a key have one writer at a time. */
  record(key: string, value: string, outcome: PutOutcome): void {
    switch (outcome.outcome) {
      case 'stored':
        this.#acknowledged += 1;
        if (this.#attempts(key).some((attempt) => attempt.revision !== null)) this.#overwrites += 1;
        this.#attempts(key).push({ value, revision: outcome.revision });
        return;
      case 'unknown':
        this.#unknown += 1;
        this.#attempts(key).push({ value, revision: null });
        return;
      case 'unavailable':
      case 'conflict':
        this.#refused += 1;
    }
  }

  /** Keys with at least one acknowledged write, and those whose only writes are unknown. */
  get keys(): readonly string[] {
    return [...this.#keys.keys()];
  }

  /** How many keys have an acknowledged write. */
  get acknowledgedKeys(): number {
    return this.#acknowledged - this.#overwrites;
  }

  get counts(): { readonly acknowledged: number; readonly overwrites: number; readonly unknown: number; readonly refused: number } {
    return { acknowledged: this.#acknowledged, overwrites: this.#overwrites, unknown: this.#unknown, refused: this.#refused };
  }

  /**
   * What is wrong with a linearizable read of a key after all writers ended; undefined when nothing is.
   *
   * Right is the value that was acknowledged last, under its revision, or that of a write whose fate is unknown, whole, under a later revision.
   */
  complaintAbout(key: string, read: GetOutcome): string | undefined {
    const attempts = this.#keys.get(key) ?? [];
    const last = attempts.findLast((attempt) => attempt.revision !== null);
    const promise = last === undefined ? 'nothing' : `${JSON.stringify(last.value)} (revision ${last.revision})`;
    if (read.outcome === 'unavailable') return `${key}: can't be read: ${read.message}`;
    if (read.outcome === 'missing') return last === undefined ? undefined : `${key}: lost; acknowledged was ${promise}`;
    const value = new TextDecoder().decode(read.value);
    const found = attempts.find((attempt) => attempt.value === value);
    const reading = `${JSON.stringify(value)} (revision ${read.revision})`;
    if (found === undefined) return `${key}: reads ${reading}, which nobody wrote; acknowledged was ${promise}`;
    if (found === last) return read.revision === last.revision ? undefined : `${key}: reads ${reading}; acknowledged was ${promise}`;
    if (found.revision !== null) return `${key}: reads the older ${reading}; acknowledged was ${promise}`;
    return read.revision > (last?.revision ?? 0) ? undefined : `${key}: reads ${reading}, older than the acknowledged ${promise}`;
  }

  #attempts(key: string): Attempt[] {
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    const attempts: Attempt[] = [];
    this.#keys.set(key, attempts);
    return attempts;
  }
}
