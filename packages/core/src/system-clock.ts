import type { Clock, Timer } from './clock.ts';

/** What is taken from the platform: Node and browsers have all of it, but `setImmediate` is Node's own. */
interface Platform {
  readonly performance: { now(): number };
  readonly crypto: { getRandomValues(array: Uint32Array<ArrayBuffer>): unknown };
  readonly MessageChannel: new () => {
    readonly port1: { onmessage: (() => void) | null };
    readonly port2: { postMessage(message: null): void };
  };
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(handle: unknown): void;
  setImmediate?(callback: () => void): unknown;
}

// One of the two files that may reach platform globals: core compiles without any platform's types.
const platform = globalThis as unknown as Platform;

/** A platform's timers count in 32 bits: a longer delay fires at once (Node) or never. */
const longestDelayMs = 2 ** 31 - 1;

/**
 * The platform's own time and chance. In Node a timer that is set keeps the process alive: a node is a server, and leaves
 * no timer when it is closed.
 */
export const systemClock: Clock = {
  now: () => platform.performance.now(),
  setTimer,
  defer: makeDefer(),
  random,
};

function setTimer(delayMs: number, callback: () => void): Timer {
  const due = platform.performance.now() + delayMs;
  const delayUntilDue = (): number => Math.min(Math.max(Math.ceil(due - platform.performance.now()), 0), longestDelayMs);
  // Timers count in whole milliseconds and may fire a fraction early, by `now()`: then wait on.
  const fire = (): void => {
    if (platform.performance.now() < due) handle = platform.setTimeout(fire, delayUntilDue());
    else callback();
  };
  let handle = platform.setTimeout(fire, delayUntilDue());
  return { cancel: () => platform.clearTimeout(handle) };
}

/** A message to oneself is a browser's nearest to `setImmediate`: nested timers are held back by 4 ms. */
function makeDefer(): (callback: () => void) => void {
  const setImmediate = platform.setImmediate;
  if (setImmediate) return (callback) => void setImmediate(callback);
  const { port1, port2 } = new platform.MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return (callback) => {
    waiting.push(callback);
    port2.postMessage(null);
  };
}

function random(): number {
  const words = new Uint32Array(2);
  platform.crypto.getRandomValues(words);
  const [high = 0, low = 0] = words;
  // 53 bits, all that a number holds.
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
}
