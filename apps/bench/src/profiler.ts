import { mkdir, writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { dirname } from 'node:path';

/** Short against a turn of the pump, which takes some 100 µs. */
const samplingIntervalMicros = 200;

let session: Session | undefined;

/** Samples this process's stacks from here on: only what is measured is profiled, not the start. */
export async function startProfile(): Promise<void> {
  session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: samplingIntervalMicros });
  await session.post('Profiler.start');
}

/** Ends what {@link startProfile} began, and leaves a `.cpuprofile`. */
export async function stopProfile(file: string): Promise<void> {
  if (session === undefined) throw new Error('no profile was begun');
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  session = undefined;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(profile));
}
