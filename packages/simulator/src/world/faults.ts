import type { SimulatedNode } from '../nodes/simulated-node.ts';
import type { Stats } from '../trace/stats.ts';
import type { Trace } from '../trace/trace.ts';
import type { EventQueue } from './event-queue.ts';
import { leaderAmong } from './leader.ts';
import { fairWeather, type Links } from './network.ts';
import type { CrashPoint, Fault, Plan, Target } from './plan.ts';

/** What the faults may do to the cluster. */
export interface Victims {
  readonly plan: Plan;
  readonly queue: EventQueue;
  readonly stats: Stats;
  readonly trace: Trace;
  readonly nodes: readonly SimulatedNode[];
  readonly links: Links;
  crash(node: number, how: Crash): void;
  restart(node: number): void;
  /** False: too many are lost already, or the cluster doesn't stand yet. */
  wipe(node: number): boolean;
  /** The same, for bits that flip. */
  rot(node: number): boolean;
}

export type Crash = Pick<Fault & { type: 'crash' }, 'powerCut' | 'surviving' | 'silent' | 'downFor' | 'reconfigured'>;
type Partition = Fault & { type: 'partition' };

/** Carries out the faults of a plan, each at its time, until it is stopped. */
export class Faults {
  private readonly victims: Victims;
  private stopped = false;
  private armed: (Fault & { type: 'crashPoint' })[] = [];
  private hunting: (Fault & { type: 'hunt' }) | undefined;

  constructor(victims: Victims) {
    this.victims = victims;
  }

  /** From now on: the times of a plan count from here. */
  start(): void {
    const { plan, queue } = this.victims;
    for (const fault of plan.faults) queue.after(fault.at, () => this.stopped || this.begin(fault));
  }

  stop(): void {
    this.stopped = true;
    this.armed = [];
    this.hunting = undefined;
  }

  /** A process passes here. True: it ended. */
  crashPoint(node: number, point: CrashPoint): boolean {
    if (this.armed.length === 0) return false;
    const at = this.armed.findIndex((fault) => fault.point === point && (fault.nodes & (1 << node)) !== 0);
    const [fault] = at < 0 ? [] : this.armed.splice(at, 1);
    if (fault === undefined) return false;
    this.victims.stats.crashPoints++;
    this.note('crash point', () => `n${node} ${point}`);
    this.crash(node, fault);
    return true;
  }

  /** Somebody asks for votes: the hunter's moment. */
  votesAsked(): void {
    const { hunting } = this;
    const leader = this.leader();
    if (hunting === undefined || leader === undefined) return;
    this.hunting = undefined;
    this.victims.stats.partitions++;
    this.note('hunted', () => `n${leader} for ${hunting.isolatedFor} us`);
    this.cut((from, to) => from !== leader && to !== leader, 0);
    this.victims.queue.after(hunting.isolatedFor, () => {
      if (!this.stopped) this.cut(() => true, 0);
    });
  }

  private begin(fault: Fault): void {
    const { stats, links, nodes, queue } = this.victims;
    if (fault.type !== 'join') stats.faults++;
    this.note(fault.type, () => describeFault(fault));
    const later = (delay: number, job: () => void) => queue.after(delay, () => this.stopped || job());
    switch (fault.type) {
      case 'partition':
        stats.partitions++;
        this.cut(passesOf(fault, this.find(fault.one)), fault.noticedAfter);
        break;
      case 'join':
        this.cut(() => true, 0);
        break;
      case 'weather':
        links.weather(fault);
        later(fault.lasts, () => links.weather(fairWeather));
        break;
      case 'slowLink':
        links.slow(fault);
        later(fault.lasts, () => links.slow({ ...fault, delay: 0 }));
        break;
      case 'crash':
        this.crash(this.find(fault.who), fault);
        break;
      case 'crashAll':
        for (const node of nodes) this.crash(node.index, fault);
        break;
      case 'crashPoint':
        this.armed.push(fault);
        break;
      case 'pause': {
        const node = nodes[this.find(fault.who)];
        stats.pauses++;
        node?.pause();
        later(fault.lasts, () => node?.resume());
        break;
      }
      case 'hide':
        stats.hidings++;
        nodes[fault.node]?.coarsenTimers(fault.grain);
        later(fault.lasts, () => nodes[fault.node]?.coarsenTimers(0));
        break;
      default:
        this.beginAtDisk(fault, later);
    }
  }

  private beginAtDisk(fault: Fault, later: (delay: number, job: () => void) => void): void {
    const { stats, nodes } = this.victims;
    switch (fault.type) {
      case 'clockJump':
        stats.clockJumps++;
        nodes[fault.node]?.jumpClock(fault.by);
        break;
      case 'wipe':
        if (this.victims.wipe(fault.node)) later(fault.downFor, () => this.revive(fault.node));
        break;
      case 'rot':
        if (this.victims.rot(fault.node)) later(fault.downFor, () => this.revive(fault.node));
        break;
      case 'diskStall':
        nodes[this.find(fault.who)]?.stallDisk(fault.lasts);
        break;
      case 'diskFailure': {
        const node = nodes[this.find(fault.who)];
        node?.failDisk();
        // It halts with its next write, and stays halted until somebody starts it anew.
        later(fault.downFor, () => {
          if (node?.stopped) this.crash(node.index, { ...fault, downFor: 1000 });
        });
        break;
      }
      case 'hunt':
        this.hunting = fault;
        later(fault.lasts, () => {
          if (this.hunting === fault) this.hunting = undefined;
        });
        break;
      case 'snapshot':
        nodes[this.find(fault.who)]?.takeSnapshot();
        break;
    }
  }

  private cut(passes: (from: number, to: number) => boolean, noticedAfter: number): void {
    this.victims.links.partition(passes, noticedAfter);
  }

  private crash(node: number, how: Crash): void {
    const { nodes, queue } = this.victims;
    if (nodes[node]?.up !== true) return;
    this.victims.crash(node, how);
    queue.after(how.downFor, () => this.revive(node));
  }

  private revive(node: number): void {
    if (!this.stopped && this.victims.nodes[node]?.up === false) this.victims.restart(node);
  }

  private find({ node, preferLeader }: Target): number {
    return (preferLeader ? this.leader() : undefined) ?? node;
  }

  private leader(): number | undefined {
    return leaderAmong(this.victims.nodes)?.index;
  }

  private note(kind: string, text: () => string): void {
    const { trace, queue } = this.victims;
    trace.note(queue.now, -1, kind, text);
  }
}

function passesOf({ scheme, other, sides, direction }: Partition, one: number): (from: number, to: number) => boolean {
  const onSide = (node: number) => (sides & (1 << node)) !== 0;
  const apart = (from: number, to: number): boolean => {
    if (scheme === 'isolate') return from === one || to === one;
    if (scheme === 'link') return (from === one && to === other) || (from === other && to === one);
    if (scheme === 'bridge' && (from === one || to === one)) return false;
    return onSide(from) !== onSide(to);
  };
  // One way: what leaves the chosen side is lost, what comes to it arrives, or the reverse.
  const inside = (node: number): boolean => (scheme === 'halves' || scheme === 'bridge' ? onSide(node) : node === one);
  return (from, to) => !apart(from, to) || (direction !== 'both' && inside(from) !== (direction === 'outwards'));
}

/** A fault in one short line. */
function describeFault({ at, type, ...rest }: Fault): string {
  return Object.entries(rest)
    .map(([name, value]) => `${name}=${typeof value === 'object' ? `n${value.node}${value.preferLeader ? ' or leader' : ''}` : value}`)
    .join(' ');
}
