import { Configurations } from './configurations.ts';
import { EventList, type HistoryEvent } from './event-list.ts';
import type { History, HistoryOperation } from './history.ts';
import type { SequentialModel } from './model.ts';

/** How far a history that is not linearizable can be explained. */
export interface Counterexample<State, Input, Output> {
  /** The part of the model's that is broken, where it has parts. */
  readonly part: string | undefined;
  /** A longest prefix that can be explained: an order in which these took effect. */
  readonly order: readonly HistoryOperation<Input, Output>[];
  /** The states that such orders end in, this one's first; at most {@link maxStates}. */
  readonly states: readonly State[];
  /** It returned next, and there is no place for it. */
  readonly misfit: HistoryOperation<Input, Output>;
}

/** `steps`: how often the model was asked. Unknown: more steps than were allowed, so the history may be either. */
export type Verdict<State, Input, Output> =
  | { readonly outcome: 'ok'; readonly steps: number }
  | { readonly outcome: 'broken'; readonly steps: number; readonly counterexample: Counterexample<State, Input, Output> }
  | { readonly outcome: 'unknown'; readonly steps: number };

const maxStates = 8;

/**
 * Is there an order of these operations, each at one moment between its call and its return, in which a single copy of the object gives the same
 * answers? (Herlihy and Wing 1990.) The search is Wing and Gong's with Lowe's memory. `maxSteps` bounds it for each part of the model, in steps and not in
 * time, so that the same history always gets the same verdict.
 */
export function checkLinearizable<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
  history: History<Input, Output>,
  { maxSteps = 1_000_000 }: { readonly maxSteps?: number } = {},
): Verdict<State, Input, Output> {
  let steps = 0;
  let outcome: 'ok' | 'unknown' = 'ok';
  for (const [part, operations] of partsOf(model, history)) {
    const search = new Search(model, operations, maxSteps);
    const found = search.run();
    steps += search.steps;
    if (found === 'broken') return { outcome: 'broken', steps, counterexample: { part, ...search.explanation() } };
    // Another part may still show that the history is broken.
    if (found === 'unknown') outcome = 'unknown';
  }
  return { outcome, steps };
}

/** A history is linearizable just when the history of each part is (Herlihy and Wing 1990: linearizability is local). */
function partsOf<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
  history: History<Input, Output>,
): ReadonlyMap<string | undefined, History<Input, Output>> {
  const parts = new Map<string | undefined, HistoryOperation<Input, Output>[]>();
  for (const operation of history) {
    const name = model.partOf?.(operation.input);
    const part = parts.get(name);
    if (part === undefined) parts.set(name, [operation]);
    else part.push(operation);
  }
  return parts;
}

class Search<State, Input, Output> {
  /** How often the model was asked. */
  steps = 0;
  private readonly model: SequentialModel<State, Input, Output>;
  private readonly operations: History<Input, Output>;
  private readonly maxSteps: number;
  private readonly events: EventList;
  private readonly configurations: Configurations;
  /** The operations in the order tried, each with the state before it. */
  private readonly placed: { readonly call: HistoryEvent; readonly before: State }[] = [];
  private state: State;
  /** Operations that returned and are not placed. Those that nobody heard of need no place. */
  private missing: number;
  private furthest: { readonly misfit: HistoryEvent; readonly order: readonly number[]; readonly states: Map<string, State> } | undefined;

  constructor(model: SequentialModel<State, Input, Output>, operations: History<Input, Output>, maxSteps: number) {
    this.model = model;
    this.operations = operations;
    this.maxSteps = maxSteps;
    this.events = new EventList(operations.map(({ invokedAt, returned }) => ({ start: invokedAt, end: returned?.at })));
    this.configurations = new Configurations(operations.length);
    this.state = model.init;
    this.missing = operations.filter(({ returned }) => returned !== undefined).length;
  }

  run(): 'ok' | 'broken' | 'unknown' {
    let event = this.events.first;
    while (this.missing > 0) {
      if (event?.type === 'call') {
        if (this.steps === this.maxSteps) return 'unknown';
        // Whatever was called before the first return may come next.
        event = this.place(event) ? this.events.first : event.next;
      } else {
        // This one has returned: it had to be placed before. Something earlier must be otherwise.
        if (event !== undefined) this.remember(event);
        const last = this.takeBack();
        if (last === undefined) return 'broken';
        event = last.next;
      }
    }
    return 'ok';
  }

  explanation(): Omit<Counterexample<State, Input, Output>, 'part'> {
    const { furthest } = this;
    if (furthest === undefined) throw new Error('nothing was in the way of this search');
    const [misfit, ...order] = [furthest.misfit.operation, ...furthest.order].flatMap((at) => this.operations[at] ?? []);
    if (misfit === undefined) throw new Error('an event of no operation');
    return { order, states: [...furthest.states.values()], misfit };
  }

  /** Lets an operation take effect next, if its answer fits and that leads somewhere new. */
  private place(call: HistoryEvent): boolean {
    const { model, state } = this;
    const operation = this.operations[call.operation];
    if (operation === undefined) return false;
    this.steps++;
    const next = model.step(state, operation.input, operation.returned?.output);
    if (!next.ok) return false;
    const key = model.key(next.state);
    // What nobody heard of and changes nothing is as well left out.
    if (operation.returned === undefined && key === model.key(state)) return false;
    if (!this.configurations.enter(call.operation, key)) return false;
    this.placed.push({ call, before: state });
    this.state = next.state;
    this.events.lift(call);
    if (operation.returned !== undefined) this.missing--;
    return true;
  }

  private takeBack(): HistoryEvent | undefined {
    const last = this.placed.pop();
    if (last === undefined) return undefined;
    this.events.restore(last.call);
    this.configurations.leave(last.call.operation);
    this.state = last.before;
    if (last.call.returns !== undefined) this.missing++;
    return last.call;
  }

  /** Of all dead ends the one that is latest in time tells most: all that returned before it can be explained. */
  private remember(misfit: HistoryEvent): void {
    const { furthest, state } = this;
    const key = this.model.key(state);
    if (furthest === undefined || misfit.position > furthest.misfit.position) {
      this.furthest = { misfit, order: this.placed.map(({ call }) => call.operation), states: new Map([[key, state]]) };
    } else if (misfit === furthest.misfit && furthest.states.size < maxStates) {
      furthest.states.set(key, state);
    }
  }
}
