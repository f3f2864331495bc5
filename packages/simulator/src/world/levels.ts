import type { PeerAddress, WriteBatch } from '@raft/core';
import { type Configuration, encodeConfiguration, encodeEntry } from '@raft/wire';
import { FileDevice } from '../devices/file-device.ts';
import { limitsFor, streamTransport } from '../devices/stream-transport.ts';
import { StreamNetwork, streamAddress } from '../devices/streams.ts';
import type { SimulatedMachine } from '../nodes/kv-state-machine.ts';
import { MessageTransport } from '../nodes/message-transport.ts';
import type { NodeWorld } from '../nodes/node-world.ts';
import { ProtocolNode } from '../nodes/protocol-node.ts';
import type { RaftNodeProcessOptions } from '../nodes/raft-node-host.ts';
import { RaftNodeProcess } from '../nodes/raft-node-process.ts';
import { RecordDevice } from '../nodes/record-device.ts';
import { RecordDisk } from '../nodes/record-disk.ts';
import type { SimulatedNode } from '../nodes/simulated-node.ts';
import { describeMessage } from '../trace/trace.ts';
import { type Links, Network } from './network.ts';

/** What a world is made of at one level. */
export interface Stage {
  readonly nodes: readonly SimulatedNode[];
  readonly links: Links;
  /** Promises are at work: after each event everything that it brought about has to drain. */
  readonly settles: boolean;
}

export interface StageOptions {
  readonly world: NodeWorld;
  readonly storageIds: readonly string[];
  /** In every log from the beginning. */
  readonly preformed: WriteBatch | undefined;
  /** An invariant is broken, or something was thrown that must not be: told where a throw would be caught by the node. */
  readonly failed: (error: unknown) => void;
  /** The machine of one life, where it is not the simulator's own. */
  readonly makeMachine?: () => SimulatedMachine<unknown, unknown, unknown>;
}

/** Nodes and what connects them, as the plan's level says. */
export function buildStage(options: StageOptions): Stage {
  switch (options.world.plan.level) {
    case 'protocol':
      return buildProtocols(options);
    case 'node':
      return buildOnRecords(options);
    case 'devices':
      return buildOnDevices(options);
  }
}

function networkOf({ plan, queue, stats, trace }: NodeWorld, nodes: readonly SimulatedNode[]): Network {
  return new Network({
    nodes,
    queue,
    seed: plan.seed,
    latency: plan.latency,
    timeout: plan.config.electionTimeoutMs * 1000,
    encoded: plan.encoded,
    stats,
    without: new Set(plan.without?.messages),
    lost: (from, to, message) => trace.remark(queue.now, from, 'lost', () => `to n${to}: ${describeMessage(message)}`),
  });
}

function buildProtocols({ world, storageIds, preformed }: StageOptions): Stage {
  const nodes = storageIds.map((storageId, index) => {
    const disk = new RecordDisk(storageId);
    if (preformed !== undefined) {
      disk.write(preformed);
      disk.sync();
    }
    const host = {
      ...world,
      send: (outgoing: Parameters<Network['send']>[1]) => network.send(index, outgoing),
      reconnect: () => network.reconnect(index),
    };
    return new ProtocolNode(host, index, disk);
  });
  const network = networkOf(world, nodes);
  return { nodes, links: network, settles: false };
}

/** Whole nodes over disks of records and a network of messages. */
function buildOnRecords(options: StageOptions): Stage {
  const { plan, queue, randomOf } = options.world;
  const nodes = buildNodes(options, {
    makeDevice: (storageId) => new RecordDevice({ storageId, queue, random: randomOf(`disk ${storageId}`), latency: plan.diskLatency }),
    makeTransport: (index) => (life) =>
      new MessageTransport(
        { send: (to, message) => network.send(index, { to, message }), reconnect: () => network.reconnect(index) },
        life,
      ),
    addressOf: () => undefined,
  });
  const network = networkOf(options.world, nodes);
  return { nodes, links: network, settles: true };
}

/** Whole nodes over the real file storage and the framing of TCP, on simulated disks and streams of bytes. */
function buildOnDevices(options: StageOptions): Stage {
  const { plan, queue, randomOf, trace } = options.world;
  const { electionTimeoutMs } = plan.config;
  const network = new StreamNetwork({
    queue,
    seed: plan.seed,
    latency: plan.latency,
    timeout: electionTimeoutMs * 1000,
    note: (node, kind, text) => trace.note(queue.now, node, kind, text),
  });
  const segmentBytes = randomOf('segments').pick([2048, 8192, 65_536]);
  const nodes = buildNodes(options, {
    makeDevice: (storageId) =>
      new FileDevice({ storageId, queue, random: randomOf(`disk ${storageId}`), latency: plan.diskLatency, segmentBytes }),
    makeTransport: (machine) => (life, clock) => streamTransport({ network, machine, life, clock, ...limitsFor(electionTimeoutMs) }),
    addressOf: streamAddress,
  });
  return { nodes, links: network, settles: true };
}

interface Hardware {
  readonly makeDevice: RaftNodeProcessOptions['makeDevice'];
  readonly makeTransport: (node: number) => RaftNodeProcessOptions['makeTransport'];
  readonly addressOf: (node: number) => string | undefined;
}

function buildNodes(
  { world, storageIds, preformed, failed, makeMachine }: StageOptions,
  { makeDevice, makeTransport, addressOf }: Hardware,
): readonly RaftNodeProcess[] {
  const { plan, queue, oracle, trace, randomOf, crashPoint } = world;
  const note = (node: number, kind: string, text: () => string) => trace.note(queue.now, node, kind, text);
  const peers = storageIds.map((_, member): PeerAddress => {
    const address = addressOf(member);
    return { id: `n${member}`, ...(address === undefined ? {} : { address }) };
  });
  return storageIds.map(
    (storageId, index) =>
      new RaftNodeProcess({
        host: { queue, oracle, note, randomOf, crashPoint, failed },
        index,
        config: plan.config,
        peers,
        bootstrap: (plan.bootstrap & (1 << index)) !== 0,
        storageId,
        ...(preformed ? { preformed } : {}),
        makeDevice,
        makeTransport: makeTransport(index),
        ...(makeMachine ? { makeMachine } : {}),
        clockRate: plan.clockRates[index] ?? 1,
        turnDelay: plan.gather,
        applyDelay: plan.applyDelay,
      }),
  );
}

/** A first configuration, as if the cluster had formed. */
export function preformedBatch(storageIds: readonly string[]): WriteBatch {
  const configuration: Configuration = { voters: storageIds.map((storageId, index) => ({ id: `n${index}`, storageId })) };
  const entry = encodeEntry({ index: 1, term: 1, kind: 'configuration', data: encodeConfiguration(configuration) });
  return { hardState: { currentTerm: 1, votedFor: null }, clusterId: '0'.repeat(32), entries: [entry] };
}
