/** A call or a return, linked with those before and after it in time. */
export interface HistoryEvent {
  readonly type: 'call' | 'return';
  /** The place of its operation in the history. */
  readonly operation: number;
  /** The place of the event in the whole order. */
  readonly position: number;
  previous: HistoryEvent | undefined;
  next: HistoryEvent | undefined;
  /** Of a call: where its operation returned, if it did. */
  returns: HistoryEvent | undefined;
}

/** An interval of time; without an end it is open. */
export interface Interval {
  readonly start: number;
  readonly end: number | undefined;
}

/**
 * The events of a history in the order of time, doubly linked, so that an operation is taken out and put back in constant time (Lowe, Testing for
 * linearizability, 2017, §3). Of events at one time calls come first: operations that merely touch count as concurrent, which forgives a coarse clock.
 */
export class EventList {
  private readonly head: HistoryEvent = {
    type: 'return',
    operation: -1,
    position: -1,
    previous: undefined,
    next: undefined,
    returns: undefined,
  };

  constructor(intervals: readonly Interval[]) {
    const moments = intervals.flatMap(({ start, end }, operation) => {
      if (end !== undefined && end < start) throw new RangeError(`operation ${operation} returned at ${end}, before its call at ${start}`);
      const call = { type: 'call', operation, time: start } as const;
      return end === undefined ? [call] : [call, { type: 'return', operation, time: end } as const];
    });
    moments.sort((a, b) => a.time - b.time || Number(a.type === 'return') - Number(b.type === 'return'));
    const calls = new Map<number, HistoryEvent>();
    let last = this.head;
    for (const [position, { type, operation }] of moments.entries()) {
      const event: HistoryEvent = { type, operation, position, previous: last, next: undefined, returns: undefined };
      last.next = event;
      last = event;
      const call = calls.get(operation);
      if (call === undefined) calls.set(operation, event);
      else call.returns = event;
    }
  }

  get first(): HistoryEvent | undefined {
    return this.head.next;
  }

  /** Takes a call out, and its return. */
  lift(call: HistoryEvent): void {
    unlink(call);
    if (call.returns !== undefined) unlink(call.returns);
  }

  /** Puts it back. Calls come back in the opposite order of that in which they were taken out. */
  restore(call: HistoryEvent): void {
    if (call.returns !== undefined) relink(call.returns);
    relink(call);
  }
}

/** Its own links stay: they say where it goes back to. */
function unlink({ previous, next }: HistoryEvent): void {
  if (previous !== undefined) previous.next = next;
  if (next !== undefined) next.previous = previous;
}

function relink(event: HistoryEvent): void {
  if (event.previous !== undefined) event.previous.next = event;
  if (event.next !== undefined) event.next.previous = event;
}
