/** A command that a leader has taken into its log. */
export interface Place {
  readonly id: number;
  readonly index: number;
  readonly term: number;
}

/** What it takes to agree. */
interface Agreeing {
  readonly nodes: readonly unknown[];
  readonly nowMs: number;
  readonly random: { between(low: number, high: number): number };
  next(node: number): number;
  isAway(node: number): boolean;
  propose(node: number, bytes?: number): Place | undefined;
  applied(place: Place): number;
  check(holds: boolean, text: () => string): asserts holds;
}

export interface AgreementOptions {
  /** Bytes that the command is larger than it has to be. */
  readonly bytes?: number;
  /** The first place that a leader gives must be the last: no other is tried. */
  readonly once?: boolean;
}

/** So long one leader's word is waited for, before a new command is given to another. */
const attemptMs = 2000;

/** A command on its way to being applied by so many nodes, whoever has to be asked for it. */
export class Agreement {
  private readonly cluster: Agreeing;
  private readonly wanted: number;
  private readonly options: AgreementOptions;
  private taken: Place | undefined;
  private since = 0;
  private turn: number;

  constructor(cluster: Agreeing, wanted: number, options: AgreementOptions) {
    this.cluster = cluster;
    this.wanted = wanted;
    this.options = options;
    this.turn = cluster.random.between(0, cluster.nodes.length - 1);
  }

  /** Looks, and proposes if there is nothing to look at. */
  done(): boolean {
    const cluster: Agreeing = this.cluster;
    if (this.taken === undefined) this.propose();
    if (this.taken === undefined) return false;
    if (cluster.applied(this.taken) >= this.wanted) return true;
    if (cluster.nowMs - this.since < attemptMs) return false;
    const { id, index } = this.taken;
    cluster.check(this.options.once !== true, () => `command ${id} was taken at ${index}, and is not applied by ${this.wanted}`);
    this.taken = undefined;
    return false;
  }

  place(): Place {
    const { taken } = this;
    const cluster: Agreeing = this.cluster;
    cluster.check(taken !== undefined, () => 'no command was taken');
    return taken;
  }

  private propose(): void {
    const cluster: Agreeing = this.cluster;
    for (let step = 0; step < cluster.nodes.length && this.taken === undefined; step++) {
      this.turn = cluster.next(this.turn);
      if (!cluster.isAway(this.turn)) this.taken = cluster.propose(this.turn, this.options.bytes);
    }
    this.since = cluster.nowMs;
  }
}
