import type { Entry, Message } from '@raft/wire';
import type { Event } from '@raft/core/protocol';

const keptLines = 200_000;

/** What happened, as a running hash, and as one line per event when somebody wants to read it. */
export class Trace {
  hash = 0x811c9dc5;
  events = 0;
  readonly lines: string[] | undefined;

  constructor(readable: boolean) {
    this.lines = readable ? [] : undefined;
  }

  note(now: number, node: number, kind: string, text: () => string): void {
    this.events++;
    this.mix(now);
    this.mix(node);
    for (let at = 0; at < kind.length; at += 3) this.mix(kind.charCodeAt(at));
    if (this.lines === undefined) return;
    const time = (now / 1000).toFixed(3).padStart(10);
    this.lines.push(`${time} ${node < 0 ? '--' : `n${node}`} ${kind.padEnd(12)} ${text()}`);
    if (this.lines.length > keptLines) this.lines.splice(0, keptLines / 2);
  }

  mix(value: number): void {
    this.hash = Math.imul(this.hash ^ (value | 0), 0x01000193);
    this.hash ^= this.hash >>> 15;
  }
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

/** An event in one short line. */
export function describeEvent(event: Event): string {
  switch (event.type) {
    case 'Receive':
      return `from ${event.from.id}: ${describeMessage(event.message)}`;
    case 'Connected':
    case 'Disconnected':
      return `${event.type} ${event.from.id}/${event.from.storageId.slice(-4)}`;
    case 'Fetched':
      return `Fetched to=${event.to.id} ${entriesText(event.entries)}`;
    default: {
      const { type, ...fields } = event;
      return `${type} ${Object.entries(fields)
        .map(([key, value]) => `${key}=${key === 'to' || key === 'from' ? (value as { id: string }).id : fieldText(key, value)}`)
        .join(' ')}`;
    }
  }
}
