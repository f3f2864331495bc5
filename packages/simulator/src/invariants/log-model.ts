import type { WriteBatch } from '@raft/core';
import type { Entry } from '@raft/wire';
import type { DiskView } from '../nodes/disk-view.ts';

/** A node's log as its writes say, pending ones included: the term of every index from 1. Below a snapshot it may be unknown (0). */
export class LogModel {
  private readonly terms: number[] = [0];

  get lastIndex(): number {
    return this.terms.length - 1;
  }

  termAt(index: number): number {
    return this.terms[index] ?? 0;
  }

  copy(): LogModel {
    const copy = new LogModel();
    for (let index = 1; index <= this.lastIndex; index++) copy.terms.push(this.termAt(index));
    return copy;
  }

  /** What a node that starts from this disk knows. */
  load(disk: DiskView): void {
    this.terms.length = 1;
    const meta = disk.snapshot?.meta;
    if (meta !== undefined) this.startAt(meta.lastIncludedIndex, meta.lastIncludedTerm);
    if (disk.entries.length > 0) this.terms.length = Math.min(this.terms.length, disk.firstIndex);
    for (const entry of disk.entries) this.put(entry.index, entry.term);
  }

  write(batch: WriteBatch): void {
    this.cut(batch);
    for (const entry of batch.entries) this.append(entry);
  }

  /** What the batch does to the log before it appends: a snapshot over another log replaces it, a truncation shortens it. */
  cut(batch: WriteBatch): void {
    const meta = batch.snapshot;
    if (meta !== undefined && this.termAt(meta.lastIncludedIndex) !== meta.lastIncludedTerm) {
      this.terms.length = 1;
      this.startAt(meta.lastIncludedIndex, meta.lastIncludedTerm);
    }
    if (batch.truncateFrom !== undefined) this.terms.length = Math.min(this.terms.length, batch.truncateFrom);
  }

  append(entry: Entry): void {
    this.put(entry.index, entry.term);
  }

  private startAt(index: number, term: number): void {
    while (this.terms.length < index) this.terms.push(0);
    this.terms[index] = term;
  }

  private put(index: number, term: number): void {
    while (this.terms.length < index) this.terms.push(0);
    this.terms[index] = term;
    this.terms.length = index + 1;
  }
}
