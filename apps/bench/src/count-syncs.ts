import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

/** Every way in which Node lets a program wait for the disk. */
const names = ['fsync', 'fdatasync', 'fsyncSync', 'fdatasyncSync'] as const;
const methodNames = ['sync', 'datasync'] as const;

/**
 * Counts what this process asks the disk to make durable, by modules that are loaded from here on. It counts at Node's own
 * functions, so that the storage that is measured is the very one that users get, and none of its syncs is missed.
 */
export async function countSyncs(): Promise<() => number> {
  let count = 0;
  // Each name is a function of its own arguments: counting needs to know none of them.
  const counting = (target: object, name: string): void => {
    const original: unknown = Reflect.get(target, name);
    if (typeof original !== 'function') throw new Error(`Node has no ${name}`);
    Reflect.set(target, name, function counted(this: unknown, ...args: unknown[]): unknown {
      count += 1;
      return Reflect.apply(original, this, args);
    });
  };
  for (const name of names) counting(fs, name);
  syncBuiltinESMExports();
  await using handle = await open(process.execPath, 'r');
  const prototype: unknown = Object.getPrototypeOf(handle);
  if (typeof prototype !== 'object' || prototype === null) throw new Error('a FileHandle without a prototype');
  for (const name of methodNames) counting(prototype, name);
  return () => count;
}
