import type { Vitals, WriteBatch } from '@raft/core';
import type { Event, Outgoing, Role } from '@raft/core/protocol';
import type { Entry, Message } from '@raft/wire';
import type { Observer } from '../invariants/observer.ts';

const keptLines = 200_000;

/** Width of each column; the text takes the rest. */
const widths = { time: 12, node: 3, role: 1, term: 5, commit: 6, last: 6, kind: 14 } as const;

/** The heads of the columns: time in milliseconds, role by its first letter (P: pre-candidate, X: stopped). */
export const traceHeader = columns({ time: 'ms', node: 'who', role: 'r', term: 'term', commit: 'commit', last: 'last', kind: 'what' });

const letters: Readonly<Record<Role, string>> = { follower: 'F', preCandidate: 'P', candidate: 'C', leader: 'L', stopped: 'X' };

/** What happened, as a running hash, and as one line per event when somebody wants to read it. */
export class Trace {
  hash = 0x811c9dc5;
  events = 0;
  readonly lines: string[] | undefined;
  private readonly standings: (Vitals | undefined)[] = [];

  constructor(readable: boolean) {
    this.lines = readable ? [] : undefined;
  }

  /** Learns each node's role, term, commit index and last index for the lines: they say where it stood when the event came. Changes no hash. */
  readonly observer: Observer = {
    started: (node, vitals) => {
      this.standings[node.index] = vitals;
    },
    stepped: (node, vitals) => {
      this.standings[node.index] = vitals;
    },
    crashed: (node) => {
      this.standings[node.index] = undefined;
    },
  };

  /** What the events came to belongs to the hash as well. */
  readonly contents: Observer = {
    stepped: (_node, { term, commitIndex, lastIndex }) => {
      this.mix(term);
      this.mix(commitIndex);
      this.mix(lastIndex);
    },
    applies: (_node, { digest }) => this.mix(digest),
    returned: ({ id }, outcome) => {
      this.mix(id);
      this.mix(outcome.type === 'ok' ? outcome.index : -outcome.type.length);
    },
  };

  note(now: number, node: number, kind: string, text: () => string): void {
    this.noteOf(now, node, kind, undefined, text);
  }

  /** The same, for what happens most: it takes no function that is made for the occasion. */
  noteOf<Subject>(now: number, node: number, kind: string, subject: Subject, text: (subject: Subject) => string): void {
    this.events++;
    this.mix(now);
    this.mix(node);
    for (let at = 0; at < kind.length; at += 3) this.mix(kind.charCodeAt(at));
    if (this.lines !== undefined) this.remark(now, node, kind, () => text(subject));
  }

  /** A line for whoever reads: it counts as no event, and changes no hash. */
  remark(now: number, node: number, kind: string, text: () => string): void {
    if (this.lines === undefined) return;
    this.lines.push(`${this.head(now, node, kind)} ${text()}`);
    if (this.lines.length > keptLines) this.lines.splice(0, keptLines / 2);
  }

  private head(now: number, node: number, kind: string): string {
    const vitals = this.standings[node];
    const time = (now / 1000).toFixed(3);
    const name = node < 0 ? '--' : `n${node}`;
    if (vitals === undefined) return columns({ time, node: name, role: '-', term: '-', commit: '-', last: '-', kind });
    const { role, term, commitIndex, lastIndex } = vitals;
    return columns({ time, node: name, role: letters[role], term: `${term}`, commit: `${commitIndex}`, last: `${lastIndex}`, kind });
  }

  mix(value: number): void {
    this.hash = Math.imul(this.hash ^ (value | 0), 0x01000193);
    this.hash ^= this.hash >>> 15;
  }
}

function columns(cells: Readonly<Record<keyof typeof widths, string>>): string {
  const { time, node, role, term, commit, last, kind } = cells;
  const numbers = `${term.padStart(widths.term)} ${commit.padStart(widths.commit)} ${last.padStart(widths.last)}`;
  return `${time.padStart(widths.time)} ${node.padEnd(widths.node)} ${role} ${numbers}  ${kind.padEnd(widths.kind)}`;
}

function entriesText(entries: readonly Entry[]): string {
  const first = entries[0];
  const last = entries.at(-1);
  if (first === undefined || last === undefined) return 'none';
  return first === last ? `${first.index}@${first.term}` : `${first.index}@${first.term}..${last.index}@${last.term}`;
}

/** A message in one short line. */
export function describeMessage(message: Message): string {
  const { type, ...fields } = message;
  const parts = Object.entries(fields).map(([key, value]) => `${key}=${fieldText(key, value)}`);
  return `${type} ${parts.join(' ')}`;
}

function fieldText(key: string, value: unknown): string {
  if (key === 'entries') return entriesText(value as readonly Entry[]);
  if (value instanceof Uint8Array) return `${value.length}B`;
  if (key === 'meta') {
    const meta = value as { lastIncludedIndex: number; lastIncludedTerm: number };
    return `${meta.lastIncludedIndex}@${meta.lastIncludedTerm}`;
  }
  if (key === 'proposals') return (value as readonly { id: number }[]).map(({ id }) => id).join(',');
  if (typeof value === 'object' && value !== null) return JSON.stringify(value, (inner, part) => (inner === '' ? part : part));
  return String(value);
}

/** What leaves, and for whom, in one short line. */
export function describeOutgoing({ to, message }: Outgoing): string {
  return `to ${to.id}: ${describeMessage(message)}`;
}

/** An event in one short line. */
export function describeEvent(event: Event): string {
  switch (event.type) {
    case 'Receive':
      return `from ${event.from.id}: ${describeMessage(event.message)}`;
    case 'Connected':
    case 'Disconnected':
      return `${event.from.id}/${event.from.storageId.slice(-4)}`;
    case 'Fetched':
      return `to=${event.to.id} ${entriesText(event.entries)}`;
    default: {
      const { type: _, ...fields } = event;
      return Object.entries(fields)
        .map(([key, value]) => `${key}=${key === 'to' || key === 'from' ? (value as { id: string }).id : fieldText(key, value)}`)
        .join(' ');
    }
  }
}

/** A batch in one short line. */
export function describeBatch(batch: WriteBatch): string {
  const [first, last] = [batch.entries[0], batch.entries.at(-1)];
  const entries = first === undefined || last === undefined ? '' : ` entries ${first.index}@${first.term}..${last.index}@${last.term}`;
  const cut = batch.truncateFrom === undefined ? '' : ` cut ${batch.truncateFrom}`;
  const snapshot = batch.snapshot === undefined ? '' : ` snapshot ${batch.snapshot.lastIncludedIndex}`;
  return `${batch.hardState === undefined ? '' : ` ${JSON.stringify(batch.hardState)}`}${snapshot}${cut}${entries}`;
}
