/** Tells one Ctrl-C from the next. */
export interface InterruptHandlers {
  readonly first: () => void;
  readonly again: () => void;
}

/** Copies of one Ctrl-C arrive within this time: the terminal sends one to each process, and npm and the bootstrap pass theirs on. */
export const echoMs = 1000;

/** Called for each signal with the time; calls `first` for the first interrupt, `again` for each later one, and neither for echoes. */
export function interruptCounter({ first, again }: InterruptHandlers): (now: number) => void {
  let last: number | undefined;
  return (now) => {
    if (last === undefined) {
      last = now;
      first();
    } else if (now - last >= echoMs) {
      last = now;
      again();
    }
  };
}

/** Ctrl-C, `kill` and a closed terminal all mean: stop. */
export function onInterrupt(handlers: InterruptHandlers): void {
  const count = interruptCounter(handlers);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => count(performance.now()));
}
