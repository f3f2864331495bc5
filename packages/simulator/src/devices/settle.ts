/** What is taken from the platform: `setImmediate` is Node's own, a browser has the other. */
interface Platform {
  setImmediate?(callback: () => void): unknown;
  readonly MessageChannel: new () => {
    readonly port1: { onmessage: (() => void) | null; unref?(): void };
    readonly port2: { postMessage(message: null): void };
  };
}

// No platform's types are needed for two functions that every platform has one of.
const platform = globalThis as unknown as Platform;

const macrotask = makeMacrotask();

/**
 * Resolves once every microtask has drained: a turn of the event loop begins only then. A world calls it behind each of its events; so whatever
 * a promise brings about happens in the moment of the event that resolved it, and nothing else decides on the order.
 */
export function settle(): Promise<void> {
  return new Promise(macrotask);
}

function makeMacrotask(): (callback: () => void) => void {
  const { setImmediate } = platform;
  if (setImmediate !== undefined) return (callback) => void setImmediate(callback);
  const { port1, port2 } = new platform.MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return (callback) => {
    waiting.push(callback);
    port2.postMessage(null);
  };
}
