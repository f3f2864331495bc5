import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { WriteBatch } from '@raft/core';
import { expect, test } from 'vitest';
import { fileStorage } from '../src/file-storage.ts';
import { type Asked, batchOf } from './kill-batch.ts';
import { applyToModel, difference, emptyModel, type ModelState, readBack } from './log-model.ts';
import { seededRandom } from './random.ts';

const runs = Number(process.env['RAFT_KILL_RUNS'] ?? 8);
const seed = Number(process.env['RAFT_KILL_SEED'] ?? 1);
const child = fileURLToPath(new URL('./kill-child.ts', import.meta.url));

/** Runs a child until it has said this many lines, kills it, and gives the states that may be found. */
async function killAfter(directory: string, lines: number, childSeed: number, from: ModelState): Promise<ModelState[]> {
  const process_ = spawn(process.execPath, [child, directory, String(childSeed)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(process_, 'exit');
  const asked: WriteBatch[] = [];
  let resolved = 0;
  let count = 0;
  for await (const line of linesOf(process_)) {
    count += 1;
    if (count === lines) process_.kill('SIGKILL');
    const said = JSON.parse(line) as Asked | number | string;
    if (typeof said === 'number') {
      expect(said).toBe(resolved + 1);
      resolved = said;
    } else if (typeof said === 'object') {
      asked.push(batchOf(said));
      expect(said.number).toBe(asked.length);
    }
  }
  expect((await exited)[1]).toBe('SIGKILL');
  const states = [applyToModel(from, ...asked.slice(0, resolved))];
  for (const batch of asked.slice(resolved)) states.push(applyToModel(states.at(-1) ?? from, batch));
  return states;
}

async function* linesOf(process_: ChildProcess): AsyncGenerator<string> {
  if (!process_.stdout) return;
  for await (const line of createInterface({ input: process_.stdout })) {
    // The last line may be cut by the kill: what it told was not asked for yet, or nobody was to believe it yet.
    if (isWhole(line)) yield line;
  }
}

function isWhole(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

test(`${runs} kills -9 at random moments lose no acknowledged write (RAFT_KILL_RUNS, RAFT_KILL_SEED)`, {
  timeout: 60_000 + 5_000 * runs,
}, async () => {
  const random = seededRandom(seed);
  const directory = await mkdtemp(join(tmpdir(), 'raft-kill-'));
  let model = emptyModel;
  let acknowledged = 0;
  for (let run = 0; run < runs; run += 1) {
    // Now and then while it starts, else in the midst of the writes.
    const lines = random.chance(0.15) ? 1 + random.below(3) : 1 + random.below(3000);
    const candidates = await killAfter(directory, lines, seed * 1000 + run, model);
    const storage = fileStorage({ directory, segmentBytes: 256 * 1024 });
    const recovered = await readBack(storage, 1024 * 1024);
    await storage.close();
    const found = candidates.find((candidate) => difference(candidate, recovered) === undefined);
    const differences = () => candidates.map((candidate) => difference(candidate, recovered)).join(', ');
    expect(found, `run ${run} of RAFT_KILL_SEED=${seed}: ${found ? '' : differences()}`).toBeDefined();
    model = found ?? model;
    acknowledged = recovered.state.log.lastIndex;
  }
  expect(acknowledged).toBeGreaterThan(runs > 2 ? 100 : 0);
  await rm(directory, { recursive: true });
});
