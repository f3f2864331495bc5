import { setTimeout as sleep } from 'node:timers/promises';
import { type KvClient, kvClient } from '@raft/kv';
import type { Ledger } from './ledger.ts';

/** How hard to write. */
export interface LoadOptions {
  /** Every member's HTTP interface. */
  readonly endpoints: readonly string[];
  readonly ledger: Ledger;
  readonly writers: number;
  /** New keys until there are so many, then only older ones are overwritten. */
  readonly keys: number;
}

/** From one writer's view: every second write replaces one of its own keys. */
const overwriteEvery = 4;
const pauseAfterRefusalMs = 20;

/** Writers that go on until told to stop, each writing one thing after the other, whatever happens to the cluster. */
export class Load {
  readonly #options: LoadOptions;
  readonly #clients: readonly KvClient[];
  readonly #encoder = new TextEncoder();
  readonly #waiting: { readonly begunAt: number; readonly resolve: (acknowledgedAt: number) => void }[] = [];
  #stopping = false;
  #done: Promise<unknown> = Promise.resolve();

  constructor(options: LoadOptions) {
    this.#options = options;
    // Each client begins at another member, so that every member takes writes.
    this.#clients = options.endpoints.map((_, position) =>
      kvClient({ endpoints: [...options.endpoints.slice(position), ...options.endpoints.slice(0, position)] }),
    );
  }

  start(): void {
    this.#done = Promise.all(Array.from({ length: this.#options.writers }, (_, writer) => this.#write(writer)));
  }

  /** Waits for the writes under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#done;
    for (const client of this.#clients) client.close();
  }

  /** Resolves, with the time, when a write that began from now on is acknowledged. */
  nextAcknowledged(): Promise<number> {
    return new Promise((resolve) => this.#waiting.push({ begunAt: performance.now(), resolve }));
  }

  async #write(writer: number): Promise<void> {
    const { ledger, keys, writers } = this.#options;
    const own = Math.ceil(keys / writers);
    let created = 0;
    for (let count = 0; !this.#stopping; count += 1) {
      const client = this.#clients[(writer + count) % this.#clients.length];
      if (client === undefined) return;
      const overwrite = created > 0 && (created >= own || count % overwriteEvery === 0);
      const number = overwrite ? count % created : created;
      const key = `writer-${writer}/key-${number}`;
      const value = `value ${count} of writer ${writer}`;
      const begunAt = performance.now();
      const outcome = await client.put(key, this.#encoder.encode(value));
      ledger.record(key, value, outcome);
      if (outcome.outcome === 'stored') this.#acknowledged(begunAt);
      // A key whose first write is not known to be there is not counted on: the next write takes it again.
      if (!overwrite && outcome.outcome === 'stored') created += 1;
      if (outcome.outcome !== 'stored') await sleep(pauseAfterRefusalMs);
    }
  }

  #acknowledged(begunAt: number): void {
    const now = performance.now();
    for (let position = this.#waiting.length - 1; position >= 0; position -= 1) {
      const waiter = this.#waiting[position];
      if (waiter === undefined || begunAt < waiter.begunAt) continue;
      this.#waiting.splice(position, 1);
      waiter.resolve(now);
    }
  }
}
