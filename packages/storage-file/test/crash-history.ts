import type { RaftEvent, Storage } from '@raft/core';
import { logStorage } from '../src/log.ts';
import { CrashDisk, type CrashProcess, type Fault } from './crash-disk.ts';
import { difference, emptyModel, type ModelState, readBack, Workload } from './log-model.ts';
import { type Random, seededRandom } from './random.ts';

/** What ends the first life of a history; all else is drawn from the seed. */
export interface History {
  readonly seed: number;
  readonly steps: number;
  /** Without one the first life ends well: that tells how many calls there are. */
  readonly fault?: Fault;
}

const segmentBytes = 4096;

/**
 * One disk and the processes that use it one after the other: each works until something happens to it, then perhaps the
 * power is cut, then the next one recovers, and may be hit while it does. Throws when something resolved is lost,
 * something was invented, or what was opened once is not there later. Gives the calls of the first life.
 */
export async function runHistory({ seed, steps, fault }: History): Promise<number> {
  const random = seededRandom(seed);
  const disk = new CrashDisk(random);
  let candidates: readonly ModelState[] = [emptyModel];
  let unique = 0;
  let calls = 0;
  for (let life = 0; life < 4; life += 1) {
    const isLast = life === 3;
    const hit = life === 0 ? fault : isLast ? undefined : laterFault(random);
    const process = disk.process(hit);
    const result = await live({ process, candidates, random, steps: life === 0 ? steps : 6, unique, fault: hit });
    ({ candidates, unique } = result);
    if (life === 0) calls = process.calls;
    process.kill();
    if (random.chance(0.7)) disk.cutPower();
  }
  return calls;
}

function laterFault(random: Random): Fault | undefined {
  if (random.chance(0.3)) return undefined;
  return { call: 1 + random.below(30), kind: random.chance(0.7) ? 'die' : 'fail' };
}

interface Life {
  readonly process: CrashProcess;
  /** The disk is as one of these says. */
  readonly candidates: readonly ModelState[];
  readonly random: Random;
  readonly steps: number;
  readonly unique: number;
  readonly fault: Fault | undefined;
}

/** Recovers, checks, works on. Gives the states that the next life may find. */
async function live({
  process,
  candidates,
  random,
  steps,
  unique,
  fault,
}: Life): Promise<{ candidates: readonly ModelState[]; unique: number }> {
  const events: RaftEvent[] = [];
  const storage: Storage = logStorage({
    fileSystem: process,
    segmentBytes,
    storageId: '000102030405060708090a0b0c0d0e0f',
    log: (event) => events.push(event),
  });
  const opened = await readBack(storage).catch((error: unknown) => {
    if (process.dead || (fault?.kind === 'fail' && process.calls >= fault.call)) return undefined;
    throw new Error(`a crash made the log unreadable: ${String(error)}`, { cause: error });
  });
  if (!opened || process.dead) return { candidates, unique };
  const found = candidates.find((candidate) => difference(candidate, opened) === undefined);
  if (!found) {
    const differences = candidates.map((candidate) => difference(candidate, opened)).join(', ');
    throw new Error(`lost or invented: ${opened.state.log.lastIndex} entries, ${JSON.stringify(events)}: ${differences}`);
  }
  const workload = new Workload({ random, storage, alive: () => !process.dead, from: found, unique });
  await workload.run(steps);
  if (workload.rejections.length > 0) await checkRejections(workload, storage, fault);
  if (!process.dead && random.chance(0.3)) await storage.close().catch(() => undefined);
  return { candidates: workload.states.slice(workload.resolved), unique: workload.unique };
}

/** Only a fault makes anything fail, and after a write or a commit failed each write fails with the same reason. */
async function checkRejections(workload: Workload, storage: Storage, fault: Fault | undefined): Promise<void> {
  const strange = workload.rejections.find((error) => codeOf(error) !== 'storageFailed');
  if (fault?.kind !== 'fail' || strange)
    throw new Error(`a call was rejected: ${String(strange ?? workload.rejections[0])}`, { cause: strange });
  if (workload.resolved === workload.states.length - 1) return;
  const reasons = await Promise.all(
    [1, 2].map(() =>
      storage.write({ entries: [] }).then(
        () => 'resolved',
        (error: unknown) => error,
      ),
    ),
  );
  if (reasons[0] !== reasons[1] || codeOf(reasons[0]) !== 'storageFailed')
    throw new Error(`a write behind a failed one: ${reasons.join()}`);
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
