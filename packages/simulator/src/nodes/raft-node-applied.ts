import type { Command } from '@raft/core';
import type { Entry, SnapshotMeta } from '@raft/wire';
import type { KvResult } from '../clients/kv-machine.ts';
import type { Subject } from '../invariants/observer.ts';
import type { Oracle } from '../invariants/oracle.ts';
import { demand } from '../invariants/violation.ts';
import type { AcknowledgedDisk } from './acknowledged-disk.ts';
import { KvStateMachine, type SimulatedMachine } from './kv-state-machine.ts';
import type { MachineWatcher } from './watched-machine.ts';

export interface AppliedTellerParts {
  readonly subject: Subject;
  readonly disk: AcknowledgedDisk;
  readonly oracle: Oracle;
  readonly guard: (tell: () => void) => void;
  /** Tells of the node's status. */
  readonly observe: () => void;
  /** Of the snapshot that is being restored. */
  readonly restoredFrom: () => SnapshotMeta | undefined;
  readonly progressed: (index: number) => void;
  readonly slowness: () => number;
}

/**
 * Tells what one life of a node applies: entry by entry, without a gap. A node hands its machine only commands, so what else it has passed is
 * told when the next command comes, or when its status says so.
 */
export class AppliedTeller implements MachineWatcher {
  machine: SimulatedMachine<unknown, unknown, unknown> | undefined;
  readonly #parts: AppliedTellerParts;
  #index = 0;
  /** What is being applied: a snapshot may take it from the log before that has ended. */
  #entry: Entry | undefined;

  constructor(parts: AppliedTellerParts) {
    this.#parts = parts;
  }

  applying(command: Command): void {
    this.#parts.observe();
    this.#parts.guard(() => this.#passTo(command.index - 1));
    this.#entry = this.#parts.disk.handedAt(command.index);
  }

  applied(command: Command, result: unknown, digest: number): void {
    const { subject, oracle, guard, progressed } = this.#parts;
    const { index, term } = command;
    const entry = this.#entry;
    guard(() => {
      demand(
        entry?.index === index && entry.term === term,
        'I08',
        () => `${subject.id} applies ${index}@${term}, its log has ${entry?.term}`,
      );
      demand(index === this.#index + 1, 'I08', () => `${subject.id} applies ${index} after ${this.#index}`);
      this.#index = index;
      oracle.applies(subject, { entry, digest, result: result as KvResult });
    });
    progressed(index);
  }

  looked(): void {
    this.#parts.observe();
  }

  restored(digest: number | undefined): void {
    const { subject, oracle, guard, restoredFrom, progressed } = this.#parts;
    const index = restoredFrom()?.lastIncludedIndex ?? 0;
    guard(() => {
      const { machine } = this;
      const own = machine instanceof KvStateMachine ? machine.index : index;
      demand(digest === undefined || own === index, 'S07', () => `${subject.id} restores a state of ${own} as that of ${index}`);
      this.#index = index;
      oracle.restores(subject, { index, digest });
    });
    progressed(index);
  }

  delay(): number {
    return this.#parts.slowness();
  }

  /** The node says that it has applied up to here. */
  passTo(index: number): void {
    if (index <= this.#index) return;
    this.#parts.guard(() => this.#passTo(index));
    this.#parts.progressed(index);
  }

  #passTo(index: number): void {
    const { subject, disk, oracle } = this.#parts;
    while (this.#index < index) {
      const entry = disk.handedAt(this.#index + 1);
      const next = this.#index + 1;
      demand(entry !== undefined, 'I08', () => `${subject.id} has applied ${next}, which is not in its log`);
      demand(entry.kind !== 'command', 'I08', () => `${subject.id} passes ${next}, a command, without applying it`);
      this.#index = next;
      this.machine?.passed?.(entry);
      oracle.applies(subject, { entry, digest: this.machine?.digest?.() ?? 0, result: undefined });
    }
  }
}
