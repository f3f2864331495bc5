import type { Command, StateMachine } from '@raft/core';
import type { Bytes } from '@raft/wire';

const snapshotBytes = 16;

/** A state machine that does as little as one can, so that Raft is measured and not what it replicates. */
export class CountingMachine implements StateMachine<number> {
  /** Commands seen, snapshots included. */
  applied = 0;
  /** Bytes in those commands. */
  appliedBytes = 0;

  apply(command: Command): number {
    this.applied += 1;
    this.appliedBytes += command.data.length;
    return this.applied;
  }

  snapshot(): AsyncIterable<Bytes> {
    const bytes = new Uint8Array(snapshotBytes);
    const view = new DataView(bytes.buffer);
    view.setFloat64(0, this.applied);
    view.setFloat64(8, this.appliedBytes);
    return (async function* () {
      yield bytes;
    })();
  }

  async restore(chunks: AsyncIterable<Bytes>): Promise<void> {
    const bytes = new Uint8Array(snapshotBytes);
    let filled = 0;
    for await (const chunk of chunks) {
      bytes.set(chunk, filled);
      filled += chunk.length;
    }
    const view = new DataView(bytes.buffer);
    this.applied = view.getFloat64(0);
    this.appliedBytes = view.getFloat64(8);
  }
}
