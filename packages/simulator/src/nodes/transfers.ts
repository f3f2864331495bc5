import type { Event, Ready } from '@raft/core/protocol';
import type { Bytes } from '@raft/wire';
import { demand } from '../invariants/violation.ts';
import type { Stats } from '../trace/stats.ts';
import type { Random } from '../world/random.ts';
import type { RecordDisk, SnapshotImage } from './record-disk.ts';

interface Reading {
  readonly transfer: number;
  readonly image: SnapshotImage | undefined;
  outstanding: boolean;
}

interface Writing {
  readonly from: string;
  readonly transfer: number;
  bytes: Bytes;
}

/** Everything that one process reads from its storage or receives into it for a peer: entries and chunks of snapshots. */
export class Transfers {
  private readonly readings = new Map<string, Reading>();
  private readonly fetching = new Set<string>();
  private writing: Writing | undefined;
  private storing = false;
  private readonly parts: {
    readonly id: string;
    readonly disk: RecordDisk;
    readonly random: Random;
    readonly stats: Stats;
    /** Runs a part of this process when the disk has answered; not at all when the process has ended by then. */
    readonly later: (job: () => void) => void;
    readonly deliver: (event: Event) => void;
    readonly faulty: () => boolean;
  };

  constructor(parts: Transfers['parts']) {
    this.parts = parts;
  }

  take(ready: Ready): void {
    for (const { peer, transfer, direction } of ready.transfersEnded) {
      if (direction === 'sending' && this.readings.get(peer.id)?.transfer === transfer) this.readings.delete(peer.id);
      if (direction === 'receiving' && this.writing?.transfer === transfer && this.writing.from === peer.id) this.writing = undefined;
    }
    for (const request of ready.fetch) this.fetch(request);
    for (const request of ready.readChunk) this.readChunk(request);
    if (ready.storeChunk !== undefined) this.storeChunk(ready.storeChunk);
  }

  private fetch(request: Ready['fetch'][number]): void {
    const { disk, random, stats, later, deliver, id } = this.parts;
    const { to, from, through, maxBytes } = request;
    stats.fetches++;
    demand(!this.fetching.has(to.id), 'I20', () => `${id} fetches twice at once for ${to.id}`);
    demand(from >= 1 && from <= through, 'R36', () => `${id} fetches ${from}..${through}`);
    this.fetching.add(to.id);
    later(() => {
      this.fetching.delete(to.id);
      const found = disk.readEntries(from, through, maxBytes);
      const short = this.parts.faulty() && random.chance(0.2);
      deliver({ type: 'Fetched', to, entries: short ? found.slice(0, random.between(0, found.length)) : found });
    });
  }

  private readChunk(request: Ready['readChunk'][number]): void {
    const { disk, random, later, deliver, id } = this.parts;
    const { to, transfer, offset, maxBytes } = request;
    let reading = this.readings.get(to.id);
    demand(reading?.outstanding !== true || reading.transfer !== transfer, 'I20', () => `${id} reads two chunks at once for ${to.id}`);
    if (offset === 0 || reading === undefined || reading.transfer !== transfer) {
      demand(offset === 0, 'S09', () => `${id} goes on at ${offset} with a transfer to ${to.id} that is not open`);
      reading = { transfer, image: disk.snapshot, outstanding: true };
      this.readings.set(to.id, reading);
    }
    const opened = reading;
    opened.outstanding = true;
    later(() => {
      opened.outstanding = false;
      const { image } = opened;
      if (image === undefined || (this.parts.faulty() && random.chance(0.05))) {
        deliver({ type: 'ChunkRead', to, transfer, offset, done: false });
        return;
      }
      const data = image.data.slice(offset, offset + maxBytes);
      deliver({ type: 'ChunkRead', to, transfer, offset, meta: image.meta, data, done: offset + data.length >= image.data.length });
    });
  }

  private storeChunk(request: NonNullable<Ready['storeChunk']>): void {
    const { disk, random, stats, later, deliver, id } = this.parts;
    const { from, transfer, meta, offset, data, done } = request;
    const open = this.writing?.transfer === transfer && this.writing.from === from.id ? this.writing : undefined;
    demand(!this.storing, 'I20', () => `${id} stores two chunks at once`);
    this.storing = true;
    demand(offset === 0 || open?.bytes.length === offset, 'S09', () => `${id} stores at ${offset} behind ${open?.bytes.length} bytes`);
    const writing: Writing = offset > 0 && open !== undefined ? open : { from: from.id, transfer, bytes: new Uint8Array(0) };
    this.writing = writing;
    const joined = new Uint8Array(writing.bytes.length + data.length);
    joined.set(writing.bytes);
    joined.set(data, writing.bytes.length);
    writing.bytes = joined;
    later(() => {
      this.storing = false;
      if (this.parts.faulty() && random.chance(0.05)) {
        this.writing = undefined;
        deliver({ type: 'ChunkNotStored', from, transfer });
        return;
      }
      // Of a transfer that ended meanwhile the writer was aborted: nothing was committed.
      const committed = done && this.writing === writing;
      if (committed) {
        stats.snapshotsInstalled++;
        disk.commitImage({ meta, data: writing.bytes });
      }
      deliver({ type: 'ChunkStored', from, transfer, nextOffset: offset + data.length, done: committed });
    });
  }
}
