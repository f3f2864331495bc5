import { type ConfigInput, type ProposeOutcome, type RaftEvent, RaftNode, type Storage } from '@raft/core';
import { type MemoryDisk, memoryDisk, memoryStorage } from '@raft/storage-memory';
import { type MemoryNetwork, memoryNetwork } from '@raft/transport-memory';
import { encodeUtf8 } from '@raft/wire';
import { Ledger } from './ledger.ts';

type TestNode = RaftNode<number, 'lines' | 'bad', readonly string[]>;

const quick: ConfigInput = { electionTimeoutMs: 150, heartbeatIntervalMs: 30, outcomeTimeoutMs: 1500 };

/** One member of a {@link TestCluster}: what outlives its node, and the node that runs now. */
export interface TestMember {
  readonly id: string;
  readonly disk: MemoryDisk;
  /** Of the node that runs now: each start has a new one. */
  ledger: Ledger;
  node: TestNode;
  readonly events: RaftEvent[];
}

/** Nodes of one process over memory adapters, on the system's clock. */
export class TestCluster implements AsyncDisposable {
  readonly network: MemoryNetwork = memoryNetwork();
  readonly #members = new Map<string, TestMember>();
  readonly #config: ConfigInput;
  readonly #ids: readonly string[];
  #watchers: (() => void)[] = [];

  private constructor(ids: readonly string[], config: ConfigInput) {
    this.#ids = ids;
    this.#config = { ...quick, ...config };
  }

  /** Starts and forms a cluster, and waits until it has a leader. */
  static async start(options: { readonly size?: number; readonly config?: ConfigInput } = {}): Promise<TestCluster> {
    const ids = Array.from({ length: options.size ?? 3 }, (_, position) => `n${position + 1}`);
    const cluster = new TestCluster(ids, options.config ?? {});
    await Promise.all(ids.map((id) => cluster.startMember(id)));
    await cluster.leader();
    return cluster;
  }

  /** Starts a node, again if it ran before: then on the disk it had. */
  async startMember(
    id: string,
    options: { readonly storage?: (disk: MemoryDisk) => Storage; readonly bootstrap?: boolean } = {},
  ): Promise<TestMember> {
    const before = this.#members.get(id);
    const disk = before?.disk ?? memoryDisk();
    const events = before?.events ?? [];
    const ledger = new Ledger(() => this.changed());
    const log = (event: RaftEvent): void => {
      events.push(event);
      this.changed();
    };
    const node = await RaftNode.start({
      id,
      storage: options.storage?.(disk) ?? memoryStorage({ disk }),
      transport: this.network.transport({ id }),
      stateMachine: ledger,
      peers: this.#ids.map((peer) => ({ id: peer })),
      ...((options.bootstrap ?? true) && { bootstrap: { clusterName: 'test' } }),
      config: this.#config,
      log,
    });
    const member = before ?? { id, disk, ledger, node, events };
    member.ledger = ledger;
    member.node = node;
    this.#members.set(id, member);
    this.changed();
    return member;
  }

  get members(): readonly TestMember[] {
    return [...this.#members.values()];
  }

  member(id: string): TestMember {
    const member = this.#members.get(id);
    if (!member) throw new Error(`no member ${id}`);
    return member;
  }

  /** The member that leads, in the opinion of most of `among`. */
  async leader(among: readonly TestMember[] = this.members): Promise<TestMember> {
    return this.until(() => {
      const leaders = among.filter((member) => member.node.status().role === 'leader');
      return leaders.find((leader) => 2 * among.filter((member) => member.node.status().leaderId === leader.id).length > this.#ids.length);
    });
  }

  async followers(): Promise<readonly TestMember[]> {
    const leader = await this.leader();
    return this.members.filter((member) => member !== leader);
  }

  /** Waits until `probe` returns something, looking again whenever a node tells something, and now and then. */
  async until<Found>(probe: () => Found | undefined | false): Promise<Found> {
    for (;;) {
      const found = probe();
      if (found !== undefined && found !== false) return found;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 20);
        this.#watchers.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Something may have changed that somebody waits for. */
  changed(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watch of watchers) watch();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map((member) => member.node.close()));
  }
}

export function propose(member: TestMember, line: string, options?: { readonly signal: AbortSignal }): Promise<ProposeOutcome<number>> {
  return member.node.propose(encodeUtf8(line), options);
}

/** Proposes until it is committed: for lines whose fate a test isn't about. What is unknown is not proposed again. */
export async function commit(cluster: TestCluster, line: string): Promise<number> {
  for (;;) {
    const outcome = await propose(await cluster.leader(), line);
    if (outcome.outcome === 'committed') return outcome.index;
    if (outcome.outcome === 'unknown') throw new Error(`the fate of ${line} is unknown: ${outcome.code}`);
  }
}
