import type { Observer } from './observer.ts';

type Hooks = Required<Observer>;

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
] as const satisfies readonly (keyof Hooks)[];

export type Oracle = Hooks;

/** Tells every observer of everything, in their order. */
export function oracleOf(observers: readonly Observer[]): Oracle {
  // `names` has every hook, which the type of entries made from it does not show.
  return Object.fromEntries(names.map((name) => [name, fanOut<Oracle>(name, observers)])) as unknown as Oracle;
}

type Told = (first: unknown, second: unknown, third: unknown) => void;

/**
 * One hook of all those that have it: most have one or two. Three parameters and no list of arguments: this is called for every event of every
 * history.
 */
export function fanOut<All>(name: keyof All, observers: readonly Partial<All>[]): Told {
  const hooks = observers.flatMap((observer) => {
    const hook = observer[name] as Told | undefined;
    return hook === undefined ? [] : [hook.bind(observer)];
  });
  return (first, second, third) => {
    for (const hook of hooks) hook(first, second, third);
  };
}
