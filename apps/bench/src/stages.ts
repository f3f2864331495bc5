import type { Storage, Transport } from '@raft/core';
import type { Message } from '@raft/wire';
import type { Output } from './child-protocol.ts';
import { Histogram } from './histogram.ts';

type Point = 'proposed' | 'writeCalled' | 'appendSent' | 'durable' | 'appendReceived' | 'answerSent' | 'firstAnswer' | 'secondAnswer';

/**
 * Takes the times at which one write passes a node's borders: its storage and its transport. Only one write may be
 * under way, else the points of two would mix: so it is switched on by the load of a single client.
 */
export class StageClock {
  readonly #node: string;
  readonly #histograms = new Map<string, Histogram>();
  readonly #times = new Map<Point, number>();

  constructor(node: string) {
    this.#node = node;
  }

  /** A client proposes here. */
  proposed(): void {
    this.#times.clear();
    this.#mark('proposed');
  }

  /** The client has its outcome. */
  settled(): void {
    const now = performance.now();
    const [write, sent, durable, first] = [this.#at('writeCalled'), this.#at('appendSent'), this.#at('durable'), this.#at('firstAnswer')];
    // Committed by whichever majority was complete first: this node and a follower, or both followers.
    const quorum = [durable, first, this.#at('secondAnswer')].toSorted((a, b) => a - b)[1] ?? Number.NaN;
    this.#record('leader: propose → write handed to storage', write - this.#at('proposed'));
    this.#record('leader: propose → append handed to transport', sent - this.#at('proposed'));
    this.#record('leader: write → durable', durable - write);
    this.#record('leader: append → first answer', first - sent);
    this.#record('leader: majority durable → outcome at the client', now - quorum);
    this.#record('leader: propose → outcome', now - this.#at('proposed'));
    this.#times.clear();
  }

  /** The same storage, watched. */
  watchStorage(storage: Storage): Storage {
    return {
      open: () => storage.open(),
      write: async (batch) => {
        if (batch.entries.length === 0) return storage.write(batch);
        this.#mark('writeCalled');
        await storage.write(batch);
        this.#mark('durable');
      },
      readEntries: (range) => storage.readEntries(range),
      createSnapshot: (meta) => storage.createSnapshot(meta),
      openSnapshot: () => storage.openSnapshot(),
      compact: (index) => storage.compact(index),
      close: () => storage.close(),
      [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
    };
  }

  /** The same transport, watched. */
  watchTransport(transport: Transport): Transport {
    return {
      start: (handlers) =>
        transport.start({
          identity: () => handlers.identity(),
          connected: (from) => handlers.connected(from),
          disconnected: (from) => handlers.disconnected(from),
          receive: (from, message) => {
            this.#received(message);
            handlers.receive(from, message);
          },
        }),
      send: (to, message) => {
        transport.send(to, message);
        this.#sent(message);
      },
      setPeers: (peers) => transport.setPeers(peers),
      identityChanged: () => transport.identityChanged(),
      counters: () => transport.counters(),
      close: () => transport.close(),
      [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
    };
  }

  /** What was recorded since the last call. */
  take(): Output<'takeStages'> {
    const taken = [...this.#histograms].map(([stage, histogram]) => ({ node: this.#node, stage, latency: histogram.summary() }));
    this.#histograms.clear();
    return taken;
  }

  #sent(message: Message): void {
    if (message.type === 'AppendEntries' && message.entries.length > 0) this.#mark('appendSent');
    if (message.type !== 'AppendEntriesReply' || !this.#times.has('durable') || !this.#times.has('appendReceived')) return;
    this.#mark('answerSent');
    this.#record('follower: append received → write handed to storage', this.#at('writeCalled') - this.#at('appendReceived'));
    this.#record('follower: write → durable', this.#at('durable') - this.#at('writeCalled'));
    this.#record('follower: durable → answer handed to transport', this.#at('answerSent') - this.#at('durable'));
    this.#times.clear();
  }

  #received(message: Message): void {
    if (message.type === 'AppendEntries' && message.entries.length > 0) {
      this.#times.clear();
      this.#mark('appendReceived');
    }
    if (message.type === 'AppendEntriesReply' && this.#times.has('appendSent')) {
      this.#mark(this.#times.has('firstAnswer') ? 'secondAnswer' : 'firstAnswer');
    }
  }

  /** The first time counts. */
  #mark(point: Point): void {
    if (!this.#times.has(point)) this.#times.set(point, performance.now());
  }

  #at(point: Point): number {
    return this.#times.get(point) ?? Number.POSITIVE_INFINITY;
  }

  /** A point that was not passed makes no stage. */
  #record(stage: string, durationMs: number): void {
    if (!Number.isFinite(durationMs)) return;
    let histogram = this.#histograms.get(stage);
    if (histogram === undefined) {
      histogram = new Histogram();
      this.#histograms.set(stage, histogram);
    }
    histogram.record(durationMs);
  }
}
