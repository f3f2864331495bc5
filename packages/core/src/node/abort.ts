import type { AbortSignalLike } from '../abort-signal.ts';

/** Calls back when the signal is raised; returns what takes the listener off again. */
export function onAbort(signal: AbortSignalLike | undefined, callback: () => void): (() => void) | undefined {
  if (!signal) return undefined;
  signal.addEventListener('abort', callback);
  return () => signal.removeEventListener('abort', callback);
}
