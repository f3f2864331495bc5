import type { Observer } from './observer.ts';

type Hooks = Required<Observer>;
type Hook = keyof Hooks;

const names = [
  'preformed',
  'started',
  'crashed',
  'stepped',
  'took',
  'writes',
  'sends',
  'receives',
  'applies',
  'restores',
  'invoked',
  'returned',
  'ended',
] as const satisfies readonly Hook[];

/** Tells every observer of everything, in their order. */
export function oracleOf(observers: readonly Observer[]): Hooks {
  return Object.fromEntries(names.map((name) => [name, fanOut(name, observers)])) as unknown as Hooks;
}

/** Of the observers only those that have the hook are asked: most have one or two. */
function fanOut(name: Hook, observers: readonly Observer[]): (...args: never[]) => void {
  const hooks = observers.flatMap((observer) => {
    const hook = observer[name] as ((...args: never[]) => void) | undefined;
    return hook === undefined ? [] : [hook.bind(observer)];
  });
  return (...args) => {
    for (const hook of hooks) hook(...args);
  };
}

export type Oracle = Hooks;
