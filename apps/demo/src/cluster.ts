import { exitCodes, type KvClient, kvClient, type StatusAnswer } from '@raft/kv';
import { endpointOf, type Member, serveCommand } from './members.ts';
import { type ChildEvent, SupervisedChild } from './supervised-child.ts';

/** A wrong configuration, and data that raft-kv won't touch: starting it again would not help. */
const refusals: ReadonlySet<number> = new Set([exitCodes.usage, exitCodes.refused]);

/** What a node says of itself, undefined when it says nothing. */
export interface NodeView {
  readonly member: Member;
  /** False once it refused to start, or was killed or stopped by us. */
  readonly wanted: boolean;
  readonly status: StatusAnswer | undefined;
}

/** Where a cluster's news go. */
export type ClusterReport = (member: Member, event: ChildEvent) => void;

/** Some `raft-kv serve` processes, kept running. */
export class Cluster implements AsyncDisposable {
  readonly members: readonly Member[];
  readonly #children: ReadonlyMap<string, SupervisedChild>;
  readonly #observer: KvClient;

  constructor(members: readonly Member[], report: ClusterReport) {
    this.members = members;
    this.#children = new Map(
      members.map((member) => [
        member.id,
        new SupervisedChild({
          command: serveCommand(member, members),
          refusals,
          backoff: { firstDelayMs: 250, maxDelayMs: 10_000, healthyMs: 10_000 },
          stopGraceMs: 15_000,
          report: (event) => report(member, event),
        }),
      ]),
    );
    this.#observer = kvClient({ endpoints: members.map(endpointOf), timeoutMs: 2000 });
  }

  start(): void {
    for (const child of this.#children.values()) child.start();
  }

  /** `kill -9` to one node, which stays down until `restart`. */
  async kill(id: string): Promise<void> {
    await this.#child(id).kill();
  }

  restart(id: string): void {
    this.#child(id).start();
  }

  /** Asks all to stop, and waits until all are gone. */
  async stop(): Promise<void> {
    this.#observer.close();
    await Promise.all([...this.#children.values()].map((child) => child.stop()));
  }

  /** The hard way. */
  async killAll(): Promise<void> {
    this.#observer.close();
    await Promise.all([...this.#children.values()].map((child) => child.kill()));
  }

  /** What each node says now. */
  async view(): Promise<NodeView[]> {
    const answers = await this.#observer.status();
    return this.members.map((member, position) => {
      const answer = answers[position];
      const status = answer !== undefined && 'status' in answer ? answer.status : undefined;
      return { member, wanted: this.#child(member.id).wanted, status };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #child(id: string): SupervisedChild {
    const child = this.#children.get(id);
    if (child === undefined) throw new Error(`no member ${id}`);
    return child;
  }
}

/** The leader of the highest term that says it leads. A leader that was cut off may still believe it leads an older one. */
export function leaderOf(views: readonly NodeView[]): { readonly member: Member; readonly status: StatusAnswer } | undefined {
  let best: { member: Member; status: StatusAnswer } | undefined;
  for (const { member, status } of views) {
    if (status?.role === 'leader' && status.term > (best?.status.term ?? 0)) best = { member, status };
  }
  return best;
}

/** Whether every node that should run follows one leader, but for those that can't without help. */
export function isSettled(views: readonly NodeView[]): boolean {
  const leader = leaderOf(views);
  if (leader === undefined || leader.status.commitIndex === 0) return false;
  return views.filter((view) => view.wanted).every((view) => isShutOut(view) || follows(view, leader));
}

/** Whether a leader and those that follow it are more than half, whatever the others do. */
export function hasMajority(views: readonly NodeView[]): boolean {
  const leader = leaderOf(views);
  if (leader === undefined || leader.status.commitIndex === 0) return false;
  return isMoreThanHalf(views.filter((view) => follows(view, leader)).length, views);
}

/** Whether so many refused to start, or lost their data, that the others can't be a majority, however long one waits. */
export function lacksMajority(views: readonly NodeView[]): boolean {
  return !isMoreThanHalf(views.filter((view) => view.wanted && !isShutOut(view)).length, views);
}

/** Whether a node has no data while the others have formed a cluster: it waits for people, not for time. */
export function isShutOut({ status }: NodeView): boolean {
  return status?.blank === true && (status.forming?.foreign.length ?? 0) > 0;
}

function isMoreThanHalf(count: number, views: readonly NodeView[]): boolean {
  return 2 * count > views.length;
}

function follows({ status }: NodeView, leader: { readonly member: Member; readonly status: StatusAnswer }): boolean {
  return status !== undefined && !status.blank && status.leaderId === leader.member.id && status.term === leader.status.term;
}
