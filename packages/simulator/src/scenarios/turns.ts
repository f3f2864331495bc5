import { settle } from '../devices/settle.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';

/** Time for whole nodes: behind each event everything that it brought about has to drain, promises included. */
export class Turns {
  private readonly cluster: ScenarioCluster;

  constructor(cluster: ScenarioCluster) {
    this.cluster = cluster;
  }

  async runFor(ms: number): Promise<void> {
    const end = this.cluster.nowMs + ms;
    do await settle();
    while (this.cluster.step(end));
    await settle();
  }

  /** Lets up to so many milliseconds pass until it holds; and it must. */
  async mustSee(what: string, holds: () => boolean, ms = 10_000, stepMs = 5): Promise<void> {
    const end = this.cluster.nowMs + ms;
    while (!holds()) {
      this.cluster.check(this.cluster.nowMs < end, () => `${what}, not within ${ms} ms`);
      await this.runFor(Math.min(stepMs, end - this.cluster.nowMs));
    }
  }

  async leader(): Promise<number> {
    await this.mustSee('a leader is elected', () => this.cluster.leaderNow() !== undefined);
    return this.cluster.leaderNow()?.index ?? -1;
  }
}
