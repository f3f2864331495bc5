import type { Peer } from '@raft/wire';
import type { EventLog } from '../events.ts';
import type { Event, Ready } from '../protocol/ready.ts';
import type { SnapshotReader, SnapshotWriter, Storage } from '../storage.ts';
import { describe, Sequence, type Tasks } from './tasks.ts';

type ReadChunk = Ready['readChunk'][number];
type StoreChunk = NonNullable<Ready['storeChunk']>;
type TransferEnded = Ready['transfersEnded'][number];

/** A snapshot that is being sent to one peer. */
interface Sending {
  readonly sequence: Sequence;
  reader: SnapshotReader | undefined;
}

/** The snapshot that is being received. */
interface Receiving {
  readonly from: Peer;
  readonly transfer: number;
  readonly writer: SnapshotWriter;
}

export interface TransfersOptions {
  readonly storage: Pick<Storage, 'openSnapshot' | 'createSnapshot'>;
  readonly tasks: Tasks;
  readonly post: (event: Event) => void;
  readonly log: EventLog;
}

/**
 * Snapshots on their way between nodes: reads and stores the chunks that the protocol asks for. What belongs to one
 * peer, or to what is received, is done in the order in which it was asked for.
 */
export class Transfers {
  readonly #options: TransfersOptions;
  readonly #sending = new Map<string, Sending>();
  readonly #receivingSequence: Sequence;
  #receiving: Receiving | undefined;

  constructor(options: TransfersOptions) {
    this.#options = options;
    this.#receivingSequence = new Sequence(options.tasks);
  }

  read(request: ReadChunk): void {
    const key = keyOf(request.to, request.transfer);
    const sending = this.#sending.get(key) ?? { sequence: new Sequence(this.#options.tasks), reader: undefined };
    this.#sending.set(key, sending);
    sending.sequence.run(() => this.#read(sending, request));
  }

  store(request: StoreChunk): void {
    this.#receivingSequence.run(() => this.#store(request));
  }

  ended({ peer, transfer, direction }: TransferEnded): void {
    if (direction === 'receiving') {
      this.#receivingSequence.run(async () => {
        if (this.#receiving && isSame(this.#receiving.from, peer) && this.#receiving.transfer === transfer) await this.#forgetReceiving();
      });
      return;
    }
    const key = keyOf(peer, transfer);
    const sending = this.#sending.get(key);
    this.#sending.delete(key);
    sending?.sequence.run(() => closeReader(sending));
  }

  /** Lets go of everything, after what is under way. */
  end(): void {
    for (const sending of this.#sending.values()) sending.sequence.run(() => closeReader(sending));
    this.#sending.clear();
    this.#receivingSequence.run(() => this.#forgetReceiving());
  }

  /** A snapshot that can't be read is told to the protocol, which decides; it stops nothing else. */
  async #read(sending: Sending, { to, transfer, offset, maxBytes }: ReadChunk): Promise<void> {
    const { storage, post, log } = this.#options;
    try {
      if (offset === 0) {
        await closeReader(sending);
        sending.reader = await storage.openSnapshot();
      }
      const { reader } = sending;
      const data = await reader?.read(offset, maxBytes);
      if (!reader || !data) {
        post({ type: 'ChunkRead', to, transfer, offset, done: false });
        return;
      }
      post({ type: 'ChunkRead', to, transfer, offset, meta: reader.meta, data, done: offset + data.length >= reader.size });
    } catch (error) {
      log({ type: 'snapshotFailed', reason: `reading a snapshot for ${to.id} failed: ${describe(error)}` });
      post({ type: 'ChunkRead', to, transfer, offset, done: false });
    }
  }

  async #store({ from, transfer, meta, offset, data, done }: StoreChunk): Promise<void> {
    const { storage, post, log } = this.#options;
    try {
      if (offset === 0) {
        await this.#forgetReceiving();
        this.#receiving = { from, transfer, writer: await storage.createSnapshot(meta) };
      }
      if (data.length > 0) await this.#writerOf(from, transfer)?.write(data);
    } catch (error) {
      // No room beside the log, perhaps: the log itself can still be written.
      await this.#forgetReceiving();
      log({ type: 'snapshotFailed', reason: `storing a snapshot of ${from.id} failed: ${describe(error)}` });
      post({ type: 'ChunkNotStored', from, transfer });
      return;
    }
    const writer = this.#writerOf(from, transfer);
    // It ended in the meantime: the protocol doesn't wait for it any more.
    if (!writer) return;
    if (done) await writer.commit();
    post({ type: 'ChunkStored', from, transfer, nextOffset: offset + data.length, done });
  }

  #writerOf(from: Peer, transfer: number): SnapshotWriter | undefined {
    const receiving = this.#receiving;
    return receiving?.transfer === transfer && isSame(receiving.from, from) ? receiving.writer : undefined;
  }

  async #forgetReceiving(): Promise<void> {
    const receiving = this.#receiving;
    this.#receiving = undefined;
    await receiving?.writer.abort();
  }
}

async function closeReader(sending: Sending): Promise<void> {
  const { reader } = sending;
  sending.reader = undefined;
  await reader?.[Symbol.asyncDispose]();
}

const keyOf = (peer: Peer, transfer: number): string => `${peer.id} ${peer.storageId} ${transfer}`;
const isSame = (a: Peer, b: Peer): boolean => a.id === b.id && a.storageId === b.storageId;
