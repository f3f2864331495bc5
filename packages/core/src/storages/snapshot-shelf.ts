import { RaftError, type SnapshotMeta } from '@raft/wire';

/** Which snapshots a storage has: the current one, committed ones that may become it, and old ones that somebody still reads. */
export class SnapshotShelf<Ref extends { readonly meta: SnapshotMeta }> {
  readonly #remove: (ref: Ref) => void;
  #current: Ref | undefined;
  #committed: Ref[] = [];
  /** How many readers each snapshot has: it stays until there is none. */
  readonly #pins = new Map<Ref, number>();

  /** `remove` deletes what nobody needs any more; called once for each. */
  constructor(options: { readonly current: Ref | undefined; readonly remove: (ref: Ref) => void }) {
    this.#current = options.current;
    this.#remove = options.remove;
  }

  get current(): Ref | undefined {
    return this.#current;
  }

  /** It is durable, and no write has made it current. */
  committed(ref: Ref): void {
    this.#committed.push(ref);
  }

  /**
   * The newest committed snapshot of this place in the log.
   *
   * @throws RaftError `invalidArgument`
   */
  find({ lastIncludedIndex, lastIncludedTerm }: SnapshotMeta): Ref {
    const found = this.#committed.findLast(
      ({ meta }) => meta.lastIncludedIndex === lastIncludedIndex && meta.lastIncludedTerm === lastIncludedTerm,
    );
    if (found) return found;
    throw new RaftError('invalidArgument', `no committed snapshot of index ${lastIncludedIndex}, term ${lastIncludedTerm}`);
  }

  /** The write that says so is durable. What it replaces goes, unless somebody reads it. */
  makeCurrent(ref: Ref): void {
    const old = this.#current;
    this.#current = ref;
    const passed = this.#committed.filter(({ meta }) => meta.lastIncludedIndex < ref.meta.lastIncludedIndex);
    this.#committed = this.#committed.filter((other) => other !== ref && !passed.includes(other));
    for (const surplus of passed) this.#remove(surplus);
    if (old && old !== ref && !this.#pins.has(old)) this.#remove(old);
  }

  /** Keeps the current snapshot until it is unpinned. To be called before anything is waited for: a write may make another one current meanwhile. */
  pinCurrent(): Ref | undefined {
    const ref = this.#current;
    if (ref) this.#pins.set(ref, (this.#pins.get(ref) ?? 0) + 1);
    return ref;
  }

  unpin(ref: Ref): void {
    const pins = (this.#pins.get(ref) ?? 0) - 1;
    if (pins > 0) {
      this.#pins.set(ref, pins);
      return;
    }
    this.#pins.delete(ref);
    if (this.#current !== ref) this.#remove(ref);
  }
}
