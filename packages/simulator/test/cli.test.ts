import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { parseSummary } from '../src/campaign/merge.ts';
import { traceLineSchema } from '../src/trace/line-schema.ts';
import { environment, freshFolder, program, runCommand, sim } from './cli.ts';

const summaryIn = (path: string) => parseSummary(JSON.parse(readFileSync(path, 'utf8')));

/** All that follows from the seeds: not what it cost. */
function withoutCost(path: string) {
  const { levels, ...summary } = summaryIn(path);
  const names = Object.entries(levels).map(([name, level]) => [name, { ...level, cpuSeconds: 0 }] as const);
  return { ...summary, cpuSeconds: null, levels: Object.fromEntries(names) };
}

describe('raft-sim --seeds', () => {
  test('runs a range of seeds and prints what they add up to', async () => {
    const { code, out, err } = await sim(['--seeds', '17..22', '--jobs', '2']);
    expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining('seeds 17..22, 2 at a time\n') });
    expect(out).toMatch(/^6 seeds · 17\.\.22 · no failure\n/);
    for (const word of ['cluster-seconds', 'median', 'faults', 'elections', 'acknowledged operations', 'digest', 'passed'])
      expect(out).toContain(word);
    expect(out).not.toContain('\u001b');
  });

  test('comes to the same result with any number of jobs', async () => {
    const folder = freshFolder();
    const files = ['one.json', 'three.json'].map((name) => join(folder, name));
    await Promise.all([
      sim(['--seeds', '17..22', '--jobs', '1', '--json', files[0] ?? '']),
      sim(['--seeds', '17..22', '--jobs', '3', '--json', files[1] ?? '']),
    ]);
    const [one, three] = files.map(withoutCost);
    expect(one).toEqual(three);
  });

  test('comes to the same result in parts that are merged', async () => {
    const folder = freshFolder();
    const whole = join(folder, 'whole.json');
    const merged = join(folder, 'merged.json');
    const parts = [1, 2].map((shard) => join(folder, `part-${shard}.json`));
    await Promise.all([
      sim(['--seeds', '17..22', '--json', whole]),
      ...parts.map((file, at) => sim(['--seeds', '17..22', '--shard', `${at + 1}/2`, '--jobs', '1', '--json', file])),
    ]);
    const { code, out } = await sim(['merge', ...parts.toReversed(), '--json', merged]);
    expect(code, out).toBe(0);
    expect(withoutCost(merged)).toEqual(withoutCost(whole));
    expect(summaryIn(merged).seeds).toEqual([[17, 22]]);
    expect((await sim(['merge', ...parts.slice(1)])).err).toBe("raft-sim: these parts don't make up a campaign: shard 1/2 is missing\n");
  });

  test('prints what it has when it is interrupted', async () => {
    const child = spawn(process.execPath, [program, '--seeds', '1..1000000', '--jobs', '1'], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const closed = once(child, 'close');
    const out = text(child.stdout);
    await once(child.stderr, 'data');
    child.kill('SIGINT');
    await closed;
    expect(child.exitCode).toBe(130);
    expect(await out).toMatch(/^\d+ seeds?.*no failure\n/);
    expect(await out).toContain('interrupted');
  });
});

describe('raft-sim --seed', () => {
  test('prints the same trace each time', async () => {
    const [one, other] = await Promise.all([sim(['--seed', '20', '--trace']), sim(['--seed', '20', '--trace'])]);
    expect(one.code).toBe(0);
    expect(one.out.split('\n').length).toBeGreaterThan(100);
    expect(one.out === other.out && one.err === other.err).toBe(true);
  });
});

describe('raft-sim tells what is wrong', () => {
  const mistakes: readonly (readonly [args: readonly string[], message: string])[] = [
    [['--seeds', '5..1'], '--seeds 5..1: the first seed comes behind the last; did you mean 1..5?'],
    [['--seeds', '1..5', '--shard', '0/3'], '--shard 0/3: parts are numbered from 1 to 3'],
    [['--seeds', '1..5', '--shard', '1/9'], '--shard 1/9: 1..5 has too few seeds for so many parts'],
    [['--seeds', '1..5', '--seed', '1'], 'give one of --seeds and --seed'],
    [['fly'], 'there is no command "fly"; raft-sim --help lists them'],
    [['--fly'], "unknown option '--fly'"],
    [['merge'], "missing required argument 'files'"],
    [['merge', 'nowhere.json'], 'nowhere.json: there is no such file'],
  ];
  for (const [args, message] of mistakes) {
    test(`raft-sim ${args.join(' ')}: ${message}`, async () => {
      const { code, out, err } = await sim(args);
      expect({ code, out, err }).toEqual({ code: 2, out: '', err: `raft-sim: ${message}\n` });
    });
  }

  test('of a file that is no summary', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'text.json'), 'hello');
    writeFileSync(join(folder, 'other.json'), '{"a": 1}');
    writeFileSync(join(folder, 'later.json'), '{"format": "raft-sim summary", "version": 99}');
    expect((await sim(['merge', 'text.json'], folder)).err).toBe('raft-sim: text.json: this is not JSON\n');
    expect((await sim(['merge', 'other.json'], folder)).err).toContain('other.json: not the summary of a campaign');
    expect((await sim(['merge', 'later.json'], folder)).err).toContain('later.json: a summary of version 99; this program reads version 1');
  });

  test('without arguments: how to use it', async () => {
    const { code, err } = await sim([]);
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('--seeds') });
  });
});

describe('raft-sim lists its tables', () => {
  test('invariants, with where the paper says so and what waits', async () => {
    const { code, out } = await sim(['invariants']);
    expect(code).toBe(0);
    expect(out).toContain('I01                     ElectionSafety\n  one leader per term (§5.2, Figure 3)\n');
    expect(out).toContain('waits for leases');
    expect(out).toMatch(/\n\d+ invariants, and \d+ that waits? for a feature\n$/);
  });

  test('marks', async () => {
    const { code, out } = await sim(['marks']);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/\n\d+ marks, and \d+ that waits? for a feature\n$/) });
  });

  test('scenarios, which it runs by their names or a part of them', async () => {
    expect((await sim(['scenarios', '--list'])).out).toContain('initial election');
    const { code, out } = await sim(['scenarios', 'initial election', 'persist']);
    expect(code, out).toBe(0);
    expect(out).toMatch(/✓ initial election +3 /);
    expect(out).toMatch(/\n4 scenarios passed in .* of CPU time\n$/);
    expect(await sim(['scenarios', 'nothing of the kind'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('no scenario is called'),
    });
  });
});

describe('raft-sim', () => {
  test('prints a history as JSON lines', async () => {
    const { code, out } = await sim(['--seed', '20', '--ndjson']);
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(100);
    for (const line of lines.slice(0, 50)) expect(traceLineSchema.safeParse(JSON.parse(line)).error).toBeUndefined();
  });

  test('measures an idle cluster', async () => {
    const { code, out } = await sim(['idle', '--seconds', '0']);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('cluster-seconds per CPU-second') });
  });

  test('leaves quietly when nobody reads on', async () => {
    const { code, err } = await runCommand(
      'bash',
      ['-o', 'pipefail', '-c', `'${process.execPath}' '${program}' --seed 20 --trace | head -1`],
      { cwd: tmpdir() },
    );
    expect({ code, err }).toMatchObject({ code: 0, err: expect.not.stringContaining('EPIPE') });
  });
});
