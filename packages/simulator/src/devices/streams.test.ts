import type { Channel } from '@raft/core/connections';
import { parseConnectionLimits } from '@raft/core/connections';
import { describe, expect, test } from 'vitest';
import { ProcessLife } from '../nodes/process-life.ts';
import { EventQueue } from '../world/event-queue.ts';
import { StreamNetwork, streamAddress } from './streams.ts';

/** What the owner of a channel was told. */
class Told {
  readonly #bytes: number[] = [];
  readonly events: string[] = [];

  constructor(channel: Channel) {
    channel.open({
      received: (bytes) => this.#bytes.push(...bytes),
      ended: () => this.events.push('ended'),
      broken: (reason) => this.events.push(`broken: ${reason}`),
      closed: (reason) => this.events.push(reason === undefined ? 'closed' : `closed: ${reason}`),
    });
  }

  get bytes(): readonly number[] {
    return this.#bytes;
  }
}

/** Machine 1 dials machine 2, which says hello. */
async function connected(seed = 1) {
  const queue = new EventQueue();
  const network = new StreamNetwork({ queue, seed, latency: 1000, timeout: 100_000 });
  const lives = [1, 2].map(() => new ProcessLife(queue));
  const [life1 = new ProcessLife(queue), life2 = new ProcessLife(queue)] = lives;
  const taken: { readonly channel: Channel; readonly told: Told }[] = [];
  const take = (channel: Channel): void => {
    taken.push({ channel, told: new Told(channel) });
    channel.write(hello);
  };
  await network.carrier(2, life2).listen?.({ limits: parseConnectionLimits({}), take, fault: () => undefined });
  const dial = network.carrier(1, life1).dialler(streamAddress(2));
  const channel = dial();
  const told = new Told(channel);
  const run = (milliseconds: number): void => {
    const end = queue.now + milliseconds * 1000;
    while (queue.runNext(end));
  };
  run(20);
  const [other] = taken;
  if (other === undefined) throw new Error('nobody was connected');
  return { network, life1, life2, dial, channel, told, other, run };
}

const hello = new Uint8Array([1, 2, 3]);
const large = Uint8Array.from({ length: 100_000 }, (_, at) => at % 251);
const isolating = (machine: number) => (from: number, to: number) => from !== machine && to !== machine;

describe('a stream', () => {
  test('changes bits on their way where the weather doubles messages: often enough for a checksum to be missed', async () => {
    let changed = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const { network, channel, other, run } = await connected(seed);
      network.weather({ loss: 0, duplicate: 0.2, reorder: 0, late: 0 });
      for (let part = 0; part < 20; part++) {
        channel.write(large.subarray(0, 2000));
        run(200);
      }
      const { bytes } = other.told;
      expect(bytes).toHaveLength(40_000);
      changed += bytes.filter((byte, at) => byte !== large[at % 2000]).length;
    }
    expect(changed).toBeGreaterThan(20);
  });

  test('carries all bytes in order, wherever it cuts them', async () => {
    const { channel, told, other, run } = await connected();
    expect(told.bytes).toEqual([...hello]);
    channel.write(large);
    channel.end();
    run(2000);
    expect(other.told.bytes).toEqual([...large]);
    expect(other.told.events).toEqual(['ended']);
    other.channel.end();
    run(100);
    expect([told.events, other.told.events]).toEqual([
      ['ended', 'closed'],
      ['ended', 'closed'],
    ]);
  });

  test('makes the sender wait for a reader that is stopped', async () => {
    const { channel, life2, other, run } = await connected();
    life2.pause();
    for (let count = 0; count < 5; count += 1) channel.write(large);
    run(2000);
    expect(channel.queuedBytes).toBeGreaterThan(100_000);
    expect(other.told.bytes).toEqual([]);
    life2.resume(false);
    run(2000);
    expect([channel.queuedBytes, other.told.bytes.length]).toEqual([0, 500_000]);
  });

  test('holds bytes back while nothing passes, and loses none of them if nobody gives up', async () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const { network, channel, told, other, run } = await connected(seed);
      network.partition(isolating(2), 1e9);
      channel.write(large);
      run(500);
      expect(other.told.bytes).toEqual([]);
      network.partition(() => true, 0);
      run(3000);
      expect([other.told.bytes.length, told.events]).toEqual([large.length, []]);
    }
  });

  test('breaks at one end, at both, or at none when it is cut for long', async () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 40; seed += 1) {
      const { network, told, other, run } = await connected(seed);
      network.partition(isolating(1), 1000);
      run(500);
      outcomes.add(`${told.events.length} ${other.told.events.length}`);
    }
    expect([...outcomes].sort()).toEqual(['0 0', '0 1', '1 0', '1 1']);
  });

  test('tells an end whose other end is gone, as soon as it can', async () => {
    const { network, life2, channel, told, run } = await connected();
    life2.end();
    network.crashed(2, true);
    channel.write(hello);
    run(500);
    expect(told.events).toEqual([]);
    network.restarted(2);
    channel.write(hello);
    run(500);
    expect(told.events).toEqual(['closed: the connection was reset by the other end']);
  });

  test('ends when the process at the other end does, and its machine goes on', async () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const { network, life2, told, run } = await connected(seed);
      life2.end();
      network.crashed(2, false);
      run(500);
      expect(['ended', 'closed: the connection was reset by the other end']).toContain(told.events[0]);
    }
  });

  test('is refused where nobody listens', async () => {
    const { network, life2, dial, run } = await connected();
    life2.end();
    network.crashed(2, false);
    const refused = new Told(dial());
    run(500);
    expect(refused.events).toEqual(['closed: machine 2 refuses connections']);
  });

  test('is asked for again until something passes', async () => {
    const { network, dial, run } = await connected();
    network.partition(isolating(2), 1e9);
    const told = new Told(dial());
    run(1000);
    expect([told.events, told.bytes]).toEqual([[], []]);
    network.partition(() => true, 0);
    run(1000);
    expect(told.bytes).toEqual([...hello]);
  });

  test('says nothing any more once it was destroyed', async () => {
    const { channel, told, other, run } = await connected();
    other.channel.write(large);
    channel.destroy();
    run(500);
    expect([told.events, told.bytes]).toEqual([['closed'], [...hello]]);
  });

  test('may change bytes in foul weather', async () => {
    const { network, channel, other, run } = await connected();
    network.weather({ loss: 0.2, duplicate: 1, reorder: 0, late: 0 });
    for (let count = 0; count < 100; count += 1) channel.write(hello);
    run(60_000);
    expect(other.told.bytes.length).toBe(300);
    expect(other.told.bytes).not.toEqual(Array.from({ length: 100 }, () => [...hello]).flat());
  });
});
