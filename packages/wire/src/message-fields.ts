import { readConfiguration, writeConfiguration } from './configuration.ts';
import { decodeEntry, type Entry } from './entry.ts';
import { RaftError } from './errors.ts';
import type { Proposal, ProposeResult, Rejection } from './message-lists.ts';
import type { Reader } from './reader.ts';
import type { SnapshotMeta } from './snapshot.ts';
import type { Writer } from './writer.ts';

// The parts of messages that are more than a number. Lists go to the end of the payload, so that no count has to be believed.

/** How many bytes {@link writeEntries} writes. */
export function entriesBytes(entries: readonly Entry[]): number {
  let sum = 0;
  for (const entry of entries) sum += entry.bytes.length;
  return sum;
}

/** Writes entries as they are, one behind the other. */
export function writeEntries(writer: Writer, entries: readonly Entry[]): void {
  for (const entry of entries) writer.raw(entry.bytes);
}

/** Reads entries up to the end; their bytes are views. */
export function readEntries(reader: Reader): Entry[] {
  const bytes = reader.rest();
  const entries: Entry[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const entry = decodeEntry(bytes, offset);
    entries.push(entry);
    offset += entry.bytes.length;
  }
  return entries;
}

/** Writes each proposal as id, length, data. */
export function writeProposals(writer: Writer, proposals: readonly Proposal[]): void {
  for (const { id, data } of proposals) {
    writer.u53(id);
    writer.bytes(data);
  }
}

/** Reads proposals up to the end; their data are views. */
export function readProposals(reader: Reader): Proposal[] {
  return readAll(reader, () => ({ id: reader.u53(), data: reader.bytes() }));
}

/** The code of an outcome that is no rejection. All these codes are frozen like the frame types. */
const appendedCode = 0;
const rejectionCodes: Readonly<Record<Rejection, number>> = {
  noLeader: 1,
  notLeader: 2,
  overloaded: 3,
  tooLarge: 4,
  stopped: 5,
  timeout: 6,
};
const rejectionsByCode = new Map(Object.entries(rejectionCodes).map(([reason, code]) => [code, reason as Rejection]));

/** Writes each result as id, outcome, and what belongs to that outcome. */
export function writeProposeResults(writer: Writer, results: readonly ProposeResult[]): void {
  for (const result of results) {
    writer.u53(result.id);
    if (result.outcome === 'appended') {
      writer.u8(appendedCode);
      writer.u53(result.index);
      writer.u53(result.term);
    } else {
      writer.u8(rejectionCodes[result.reason]);
    }
  }
}

/** Reads results up to the end. */
export function readProposeResults(reader: Reader): ProposeResult[] {
  return readAll(reader, () => {
    const id = reader.u53();
    const code = reader.u8();
    if (code === appendedCode) return { outcome: 'appended', id, index: reader.u53(), term: reader.u53() };
    const reason = rejectionsByCode.get(code);
    if (!reason) throw new RaftError('malformed', `unknown outcome ${code} of a proposal`);
    return { outcome: 'rejected', id, reason };
  });
}

/** Writes the metadata of a snapshot; the configuration comes last, being the only part of variable size. */
export function writeSnapshotMeta(writer: Writer, meta: SnapshotMeta): void {
  writer.u53(meta.lastIncludedIndex);
  writer.u53(meta.lastIncludedTerm);
  writer.u53(meta.configurationIndex);
  writeConfiguration(writer, meta.configuration);
}

/** Reads what {@link writeSnapshotMeta} wrote; the caller passes it through the schema. */
export function readSnapshotMeta(reader: Reader): SnapshotMeta {
  return {
    lastIncludedIndex: reader.u53(),
    lastIncludedTerm: reader.u53(),
    configurationIndex: reader.u53(),
    configuration: readConfiguration(reader),
  };
}

function readAll<Item>(reader: Reader, read: () => Item): Item[] {
  const items: Item[] = [];
  while (reader.remaining > 0) items.push(read());
  return items;
}
