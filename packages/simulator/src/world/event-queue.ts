interface Scheduled {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Virtual time: a heap of what will happen, in whole microseconds; what is due at once runs in the order of scheduling. */
export class EventQueue {
  now = 0;
  private scheduled = 0;
  private readonly heap: Scheduled[] = [];

  after(delay: number, run: () => void): void {
    this.push({ at: this.now + Math.max(0, Math.floor(delay)), order: this.scheduled++, run });
  }

  /** Runs whatever is next, unless it lies behind `until`: then time stops there. */
  runNext(until: number): boolean {
    const next = this.heap[0];
    if (next === undefined || next.at > until) {
      this.now = until;
      return false;
    }
    this.pop();
    this.now = next.at;
    next.run();
    return true;
  }

  private push(item: Scheduled): void {
    let at = this.heap.length;
    this.heap.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.heap[above];
      if (parent === undefined || !earlier(item, parent)) break;
      this.heap[at] = parent;
      at = above;
    }
    this.heap[at] = item;
  }

  private pop(): void {
    const last = this.heap.pop();
    if (last === undefined || this.heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let smallest = this.heap[child];
      if (smallest === undefined) break;
      const right = this.heap[child + 1];
      if (right !== undefined && earlier(right, smallest)) {
        child++;
        smallest = right;
      }
      if (earlier(last, smallest)) break;
      this.heap[at] = smallest;
      at = child;
    }
    this.heap[at] = last;
  }
}

function earlier(one: Scheduled, other: Scheduled): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
