import { never } from './knobs.ts';
import type { Random } from './random.ts';
import type { Network } from './network.ts';
import type { ProtocolNode, World } from '../nodes/protocol-node.ts';

/** What the faults may do to the cluster. */
export interface Victims {
  readonly world: World;
  readonly nodes: readonly ProtocolNode[];
  readonly network: Network;
  crash(node: number): void;
  restart(node: number): void;
  wipe(node: number): void;
}

/** Draws faults, family by family, until it is stopped. */
export class Faults {
  private stopped = false;
  private readonly victims: Victims;
  private readonly network: Random;
  private readonly process: Random;
  private readonly timers: Random;
  private readonly timeout: number;

  constructor(victims: Victims) {
    this.victims = victims;
    this.network = victims.world.randomOf('partitions');
    this.process = victims.world.randomOf('processes');
    this.timers = victims.world.randomOf('timers');
    this.timeout = victims.world.knobs.config.electionTimeoutMs * 1000;
  }

  start(): void {
    const { network, process, disk } = this.victims.world.knobs;
    this.repeat(this.network, network.partitionEvery, () => this.partition());
    this.repeat(this.process, process.crashEvery, () => this.crash());
    this.repeat(this.process, process.pauseEvery, () => this.pause());
    this.repeat(this.timers, process.hideEvery, () => this.hide());
    this.repeat(this.process, disk.wipeEvery, () => this.wipe());
  }

  stop(): void {
    this.stopped = true;
  }

  private repeat(random: Random, every: number, fault: () => void): void {
    if (every >= never) return;
    this.victims.world.queue.after(random.tailed(every), () => {
      if (this.stopped) return;
      fault();
      this.repeat(random, every, fault);
    });
  }

  private note(kind: string, text: () => string): void {
    const { world } = this.victims;
    world.trace.note(world.queue.now, -1, kind, text);
  }

  private partition(): void {
    const { nodes, network, world } = this.victims;
    const random = this.network;
    if (random.chance(0.3)) {
      this.note('heal', () => 'all links');
      network.partition(() => true);
      return;
    }
    world.stats.partitions++;
    const count = nodes.length;
    const leader = nodes.findIndex((node) => node.leads);
    const one = leader >= 0 && random.chance(0.6) ? leader : random.between(0, count - 1);
    const other = random.between(0, count - 1);
    const oneWay = random.chance(world.knobs.network.oneWay);
    const outwards = random.chance(0.5);
    const half = nodes.map(() => random.chance(0.5));
    const scheme = random.pick(['isolate', 'isolate', 'isolate', 'halves', 'bridge', 'link'] as const);
    this.note(
      'partition',
      () => `${scheme} n${one} n${other} ${oneWay ? (outwards ? 'outwards' : 'inwards') : ''} ${half.map(Number).join('')}`,
    );
    const apart = (from: number, to: number): boolean => {
      if (scheme === 'isolate') return from === one || to === one;
      if (scheme === 'link') return (from === one && to === other) || (from === other && to === one);
      if (scheme === 'bridge' && (from === one || to === one)) return false;
      return half[from] !== half[to];
    };
    // One way: what leaves the chosen side is lost, what comes to it arrives, or the reverse.
    const inside = (node: number): boolean => (scheme === 'halves' || scheme === 'bridge' ? half[node] === true : node === one);
    network.partition((from, to) => !apart(from, to) || (oneWay && inside(from) !== outwards));
  }

  private crash(): void {
    const { nodes, world } = this.victims;
    const random = this.process;
    const all = random.chance(0.08);
    const leader = nodes.findIndex((node) => node.leads);
    const chosen = leader >= 0 && random.chance(0.4) ? leader : random.between(0, nodes.length - 1);
    for (const node of nodes)
      if (node.up && (all || node.index === chosen)) this.crashFor(node.index, world.knobs.process.fastRestart && random.chance(0.5));
  }

  /** Crashes a node now, and starts it again: quicker than a message, or after a while. */
  private crashFor(node: number, fast: boolean): void {
    this.victims.crash(node);
    this.victims.world.queue.after(fast ? this.process.between(0, 500) : this.process.tailed(2 * this.timeout), () =>
      this.restartIfDown(node),
    );
  }

  /** For a crash that somebody else caused. */
  reviveLater(node: number): void {
    const fast = this.victims.world.knobs.process.fastRestart && this.process.chance(0.5);
    this.victims.world.queue.after(fast ? this.process.between(0, 500) : this.process.tailed(2 * this.timeout), () =>
      this.restartIfDown(node),
    );
  }

  private restartIfDown(node: number): void {
    if (!this.stopped && this.victims.nodes[node]?.up === false) this.victims.restart(node);
  }

  private pause(): void {
    const { nodes, world } = this.victims;
    const leader = nodes.findIndex((node) => node.leads);
    const node = nodes[leader >= 0 && this.process.chance(0.5) ? leader : this.process.between(0, nodes.length - 1)];
    if (node === undefined) return;
    world.stats.pauses++;
    this.note('pause', () => node.id);
    node.pause();
    world.queue.after(this.process.tailed(this.timeout * this.process.pick([0.5, 1.5, 4])), () => {
      this.note('resume', () => node.id);
      node.resume();
    });
  }

  /** A tab is hidden for a while: its timers are coarse, all else goes on. Several may be, all even. */
  private hide(): void {
    const { nodes, world } = this.victims;
    const node = this.timers.pick(nodes);
    world.stats.hidings++;
    this.note('hide', () => node.id);
    node.coarsenTimers(Math.floor(this.timeout * this.timers.pick([0.5, 1, 1, 4, 20])));
    world.queue.after(this.timers.tailed(this.timeout * this.timers.pick([2, 8])), () => {
      this.note('show', () => node.id);
      node.coarsenTimers(0);
    });
  }

  /** A new disk under an old name; never so many that the others are no quorum. */
  private wipe(): void {
    const { nodes, world } = this.victims;
    const budget = Math.floor((nodes.length - 1) / 2) - nodes.filter((node) => node.lost).length;
    const node = this.process.pick(nodes);
    if (budget < 1 || node.lost || world.checks.lastCommitted < 1 || nodes.some(({ disk }) => disk.clusterId === undefined)) return;
    world.stats.wipes++;
    this.victims.wipe(node.index);
    this.reviveLater(node.index);
  }
}
