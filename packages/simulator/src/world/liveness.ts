import type { Clients } from '../clients/clients.ts';
import { demand } from '../invariants/violation.ts';
import type { SimulatedNode } from '../nodes/simulated-node.ts';
import type { Stats } from '../trace/stats.ts';
import { leaderAmong } from './leader.ts';
import type { Plan } from './plan.ts';

/** Within so many election time-outs, counted from the healing: what a cluster must do that has a quorum and no more trouble. */
const limits = { elect: 10, serve: 15, converge: 60, keepTerm: 12 } as const;

export interface LivenessOptions {
  readonly plan: Plan;
  readonly clients: Clients;
  readonly stats: Stats;
  /** Who came back. */
  readonly nodes: readonly SimulatedNode[];
  /** An election time-out, in microseconds. */
  readonly timeout: number;
  readonly runFor: (microseconds: number) => Promise<void>;
}

/** After the chaos: a leader, every client served through every node, equal logs, and then a term that stays, few messages and short logs. */
export class Liveness {
  private readonly options: LivenessOptions;

  constructor(options: LivenessOptions) {
    this.options = options;
  }

  async prove(): Promise<void> {
    const { nodes, clients, timeout } = this.options;
    await this.demandWithin(
      limits.elect,
      () => this.leader() !== undefined,
      () => 'no leader',
    );
    let open = nodes.length;
    for (const node of nodes) clients.insist(node.index, timeout / 10, () => open--);
    await this.demandWithin(
      limits.serve,
      () => open === 0,
      () => `${open} clients are not served`,
    );
    await this.demandWithin(
      limits.converge,
      () => this.converged(),
      () => 'the logs do not converge',
    );
    await this.keepsItsTerm();
    this.checkLogLengths();
  }

  private async keepsItsTerm(): Promise<void> {
    const { nodes, plan, stats, timeout, runFor } = this.options;
    await runFor(timeout * 2);
    const { term } = this.leader() ?? { term: -1 };
    // What goes to a node that is away is tried again with each heartbeat, and costs no more than its transport's refusal.
    const delivered = () => stats.messages - stats.dropped;
    const before = delivered();
    const duration = timeout * (limits.keepTerm - 2);
    await runFor(duration);
    demand(this.leader()?.term === term, 'liveness', () => `term ${term} did not last: ${this.describe()}`);
    const heartbeats = duration / 1000 / plan.config.heartbeatIntervalMs;
    const budget = 2 * (plan.voters - 1) * (heartbeats * 1.15 + 3);
    const used = delivered() - before;
    // On streams nobody counts what a transport drops for want of a connection.
    const counted = plan.level !== 'devices' || nodes.length === plan.voters;
    demand(!counted || used <= budget, 'I19', () => `${used} messages in ${heartbeats} idle heartbeats of ${nodes.length} nodes`);
  }

  /** I20: after a snapshot the log is as short as the options say. */
  private checkLogLengths(): void {
    const { config, otherConfig } = this.options.plan;
    // What a node has that was restarted with other options is one of the two.
    const never = config.snapshotEveryEntries === 0 || otherConfig.snapshotEveryEntries === 0;
    const snapshotEveryEntries = never ? 0 : Math.max(config.snapshotEveryEntries, otherConfig.snapshotEveryEntries);
    const trailingEntries = Math.max(config.trailingEntries, otherConfig.trailingEntries);
    for (const { id, disk, appliedIndex } of this.options.nodes) {
      const snapshot = disk.snapshot?.meta.lastIncludedIndex ?? 0;
      const late = snapshotEveryEntries > 0 && appliedIndex - snapshot > snapshotEveryEntries + 5;
      demand(!late, 'I20', () => `${id} applied up to ${appliedIndex}, its last snapshot is of ${snapshot}`);
      // Files are dropped whole: how long a log on them is depends on their size.
      const long = this.options.plan.level !== 'devices' && snapshot > 0 && snapshot - disk.firstIndex + 1 > trailingEntries + 200;
      demand(!long, 'I20', () => `${id} keeps its log from ${disk.firstIndex} under a snapshot of ${snapshot}`);
    }
  }

  private async demandWithin(timeouts: number, holds: () => boolean, text: () => string): Promise<void> {
    const { timeout, runFor } = this.options;
    for (let quarter = 0; quarter < timeouts * 4 && !holds(); quarter++) await runFor(timeout / 4);
    demand(holds(), 'liveness', () => `${text()} within ${timeouts} election time-outs: ${this.describe()}`);
  }

  private leader(): SimulatedNode | undefined {
    return leaderAmong(this.options.nodes);
  }

  private converged(): boolean {
    const states = this.options.nodes.map((node) => ({ node, status: node.status() }));
    const lastIndex = states[0]?.status?.lastIndex;
    return states.every(({ node, status }) => {
      if (status === undefined || status.lastIndex !== lastIndex) return false;
      return status.commitIndex === lastIndex && status.durableIndex === lastIndex && node.appliedIndex === lastIndex;
    });
  }

  private describe(): string {
    const describeNode = (node: SimulatedNode) => {
      const status = node.status();
      if (status === undefined) return `${node.id} down`;
      return `${node.id} ${status.role} term ${status.term} log ${status.firstIndex}..${status.lastIndex} commit ${status.commitIndex} durable ${status.durableIndex} applied ${node.appliedIndex}`;
    };
    return this.options.nodes.map(describeNode).join(' · ');
  }
}
