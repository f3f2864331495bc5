import {
  type ClusterId,
  type Configuration,
  decodeConfiguration,
  type Entry,
  encodeConfiguration,
  encodeEntry,
  entryData,
  type Form,
  type Member,
  type NodeId,
} from '@raft/wire';
import type { Identity } from '../transport.ts';
import { clusterIdOf } from './cluster-id.ts';
import { waitShortly } from './election.ts';
import { names } from './quorum.ts';
import { resetElectionTimer } from './roles.ts';
import { adoptTerm, configurationOf, isBlank, joinCluster, type State, sendWhenDurable } from './state.ts';

// How a cluster comes into being. A blank node that was told to bootstrap waits until handshakes have told it every listed
// member's storageId, and then writes the first configuration by itself: all members compute the same one. Whoever
// has it hands it to members that are still blank, so it is enough that one of them got that far.

/** What a bootstrap is still waiting for; null when there is nothing to form. */
export function formingProgress(state: State): { readonly missing: readonly NodeId[]; readonly foreign: readonly NodeId[] } | null {
  const { bootstrap, self, connected } = state;
  if (!bootstrap || !isBlank(state)) return null;
  const others = bootstrap.members.map((member) => member.id).filter((id) => id !== self.id);
  const map = mapOfMembers(state);
  const expected = map && clusterIdOf(bootstrap.clusterName, map);
  return {
    missing: others.filter((id) => !connected.has(id)),
    foreign: others.filter((id) => {
      const clusterId = connected.get(id)?.clusterId;
      return clusterId !== undefined && clusterId !== expected;
    }),
  };
}

/** Every listed member with its storageId; undefined while one is unknown. */
function mapOfMembers(state: State): readonly Member[] | undefined {
  const members: Member[] = [];
  for (const { id } of state.bootstrap?.members ?? []) {
    const storageId = id === state.self.id ? state.self.storageId : state.connected.get(id)?.storageId;
    if (storageId === undefined) return undefined;
    members.push({ id, storageId });
  }
  return members.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Forms the cluster, if this node was told to and everything that it takes is known. */
export function tryForm(state: State): void {
  const waiting = formingProgress(state);
  const voters = mapOfMembers(state);
  if (!waiting || !voters || !state.bootstrap || state.log.lastIndex > 0 || waiting.missing.length + waiting.foreign.length > 0) return;
  adoptFirstConfiguration(state, clusterIdOf(state.bootstrap.clusterName, voters), firstEntry({ voters }));
}

/** The same bytes on every node: addresses, which each node may know by another name, are left out. */
function firstEntry(configuration: Configuration): Entry {
  return encodeEntry({ index: 1, term: 1, kind: 'configuration', data: encodeConfiguration(configuration) });
}

function adoptFirstConfiguration(state: State, clusterId: ClusterId, entry: Entry): void {
  joinCluster(state, clusterId);
  if (state.currentTerm < 1) adoptTerm(state, 1);
  state.log.append(entry);
  if (state.leaderId === null) {
    resetElectionTimer(state);
    waitShortly(state);
  }
  handOutConfiguration(state);
}

/**
 * Gives the first configuration to connected members that are blank, as long as it is in force. A leader's appends would do,
 * but without the blank ones there may be no majority to elect one.
 */
export function handOutConfiguration(state: State): void {
  const configuration = configurationOf(state);
  const index = state.log.configuration?.index ?? state.snapshot?.configurationIndex;
  const { clusterId } = state;
  if (configuration === null || clusterId === null || index !== 1 || isBlank(state)) return;
  for (const { id, storageId } of configuration.voters) {
    const peer = state.connected.get(id);
    if (peer?.storageId !== storageId || peer.clusterId !== undefined) continue;
    sendWhenDurable(state, { id, storageId }, { type: 'Form', term: 1, clusterId, entries: [firstEntry(configuration)] });
  }
}

/** A formed node names us: we are formed too. */
export function handleForm(state: State, from: Identity, message: Form): void {
  const [entry] = message.entries;
  if (state.clusterId !== null || state.log.lastIndex > 0 || entry?.index !== 1 || entry.kind !== 'configuration') return;
  const configuration = decodeConfiguration(entryData(entry));
  if (!names(configuration, state.self) || !names(configuration, from)) return;
  // Told to form a cluster of our own, we join no other.
  const { bootstrap } = state;
  if (bootstrap && !isAsTold(bootstrap, configuration, message.clusterId)) return;
  adoptFirstConfiguration(state, message.clusterId, entry);
}

/** The same name and the same members: a list that differs on one node must not make two clusters of one. */
function isAsTold(bootstrap: NonNullable<State['bootstrap']>, { voters }: Configuration, clusterId: ClusterId): boolean {
  const told = new Set(bootstrap.members.map((member) => member.id));
  const isSameList = told.size === voters.length && voters.every((voter) => told.has(voter.id));
  return isSameList && clusterIdOf(bootstrap.clusterName, voters) === clusterId;
}
