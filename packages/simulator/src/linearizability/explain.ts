import type { Counterexample } from './checker.ts';
import type { HistoryOperation } from './history.ts';
import type { SequentialModel } from './model.ts';

/** How much of the order is shown, from its end. */
const maxShown = 12;

/** A counterexample as lines for a reader: what took effect in which order, the state behind it, and the operation that fits nowhere. */
export function explain<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
  { part, order, states, misfit }: Counterexample<State, Input, Output>,
): string[] {
  const shown = order.slice(-maxShown);
  const earlier = order.length - shown.length;
  return [
    `${part === undefined ? '' : `part ${part}: `}${order.length} operations can be ordered${earlier > 0 ? `, of which these are the last ${maxShown}` : ''}:`,
    ...shown.map((operation) => `  ${line(model, operation)}`),
    `then the state is ${states.map((state) => JSON.stringify(state)).join(' or ')}, and this one fits nowhere:`,
    `  ${line(model, misfit)}`,
  ];
}

function line<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
  { client, input, invokedAt, returned }: HistoryOperation<Input, Output>,
): string {
  const output = returned?.output;
  const what = model.describe?.(input, output) ?? `${JSON.stringify(input)} -> ${output === undefined ? '?' : JSON.stringify(output)}`;
  return `${`${invokedAt}..${returned?.at ?? ''}`.padEnd(16)} client ${String(client).padEnd(3)} ${what}`;
}
