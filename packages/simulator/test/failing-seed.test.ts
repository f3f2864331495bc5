import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { zoo } from '../zoo/table.ts';
import { WorkspaceCopy } from '../zoo/workspace-copy.ts';
import { environment, freshFolder, runCommand, sim } from './cli.ts';

// What a person sees who has broken something: in a copy of the sources, the leader takes what it has sent for what was acknowledged.
const bug = zoo.find(({ name }) => name === 'the leader takes what it sent for what was acknowledged');

describe('a seed that fails', () => {
  let copy: WorkspaceCopy;
  beforeAll(() => {
    copy = new WorkspaceCopy();
    copy.mutate(bug?.changes ?? []);
  });
  afterAll(() => copy[Symbol.dispose]());

  const brokenSim = (args: readonly string[], cwd: string) =>
    runCommand(process.execPath, [join(copy.root, 'packages/simulator/src/cli/main.ts'), ...args], { cwd, env: environment });

  test('is told, written to a file, replayed from it, and shrunk', async () => {
    const folder = freshFolder();
    const campaign = await brokenSim(['--seeds', '1..4', '--failures', 'found'], folder);
    expect(campaign.code).toBe(1);
    expect(campaign.out).toMatch(/^failed\n {2}\d of 4 seeds failed$/m);
    const [file = ''] = readdirSync(join(folder, 'found'));
    expect(file).toMatch(/^raft-sim-failure-\d+\.json$/);
    expect(campaign.err).toMatch(/✗ seed \d+ at [\d.]+ s · I05 · n\d commits/);
    expect(campaign.err).toContain(`replay  raft-sim --replay found/${file}`);
    expect(campaign.err).toContain(`shrink  raft-sim --shrink found/${file}`);

    const path = join('found', file);
    const replayed = await brokenSim(['--replay', path, '--trace'], folder);
    expect(replayed).toMatchObject({ code: 1, err: expect.stringContaining('· I05 ·') });
    expect(replayed.err).not.toContain('not as in the file');
    expect(replayed.out.split('\n').length).toBeGreaterThan(20);

    const shrunk = await brokenSim(['--shrink', path, '--runs', '400'], folder);
    expect(shrunk.code, shrunk.err).toBe(0);
    const [, faults, messages] = /after.* (\d+) faults? .* (\d+) messages? delivered/.exec(shrunk.err) ?? [];
    expect(Number(faults)).toBeLessThanOrEqual(15);
    expect(Number(messages)).toBeLessThanOrEqual(40);
    expect(shrunk.out.split('\n').length).toBeLessThan(200);

    const small = path.replace('.json', '.small.json');
    expect(await brokenSim(['--replay', small], folder)).toMatchObject({ code: 1, err: expect.stringContaining('· I05 ·') });
    // And where nothing is broken, nothing breaks.
    expect(await sim(['--replay', small], folder)).toMatchObject({ code: 0, err: expect.stringContaining('nothing broke') });
  });
});
