/** Work under way in the background: what fails is reported in one place, and `close()` can wait for all of it. */
export class Tasks {
  readonly #running = new Set<Promise<void>>();
  readonly #failed: (error: unknown) => void;

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  run(work: () => Promise<void>): void {
    const task: Promise<void> = work()
      .catch(this.#failed)
      .then(() => {
        this.#running.delete(task);
      });
    this.#running.add(task);
  }

  /** Resolves once nothing is under way, work begun meanwhile included. Never rejects. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}

/** Runs pieces of work one after the other, each begun when the one before has ended, however it ended. */
export class Sequence {
  readonly #tasks: Tasks;
  #tail: Promise<void> = Promise.resolve();

  constructor(tasks: Tasks) {
    this.#tasks = tasks;
  }

  run(work: () => Promise<void>): void {
    const before = this.#tail;
    this.#tasks.run(() => {
      const done = before.then(work);
      this.#tail = done.catch(() => undefined);
      return done;
    });
  }
}

/** An error's message; anything else as text. */
export function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
