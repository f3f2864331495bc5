import { describe, expect, test } from 'vitest';
import { parseArguments } from './options.ts';

describe('parseArguments', () => {
  test('measures both workloads at 1, 64 and 256 clients unless told otherwise', () => {
    expect(parseArguments([])).toEqual({
      options: { workloads: ['memory', 'durable'], clients: [1, 64, 256], seconds: 5, rounds: 3, stages: false },
    });
  });

  test('takes workloads and options in any order, each workload once', () => {
    expect(
      parseArguments(['durable', '--clients', '8, 1,8', '--json', 'out.json', 'durable', '--seconds', '0.2', '--rounds', '1', '--stages']),
    ).toEqual({ options: { workloads: ['durable'], clients: [8, 1], seconds: 0.2, rounds: 1, json: 'out.json', stages: true } });
  });

  test('passes on options of the nodes', () => {
    expect(parseArguments(['--config', '{"snapshotEveryEntries":0}'])).toMatchObject({ options: { config: { snapshotEveryEntries: 0 } } });
  });

  test.each([
    [['disk'], 'error: workload "disk" is none of memory, durable'],
    [['--clients', '1,,2'], 'error: --clients must be whole numbers between commas, such as 1,64,256'],
    [['--clients', '0'], 'error: --clients must be at least 1'],
    [['--clients', '1e9'], 'error: --clients must be whole numbers between commas, such as 1,64,256'],
    [['--clients', '1000000'], 'error: --clients must be at most 65536'],
    [['--seconds', 'soon'], 'error: --seconds must be a number'],
    [['--seconds', '-1'], 'error: --seconds must be at least 0.05'],
    [['--rounds', '1.5'], 'error: --rounds must be a whole number'],
    [['--json', ''], 'error: --json must name a file'],
    [['--seconds', 'x', '--rounds', '0'], 'error: --seconds must be a number\nerror: --rounds must be at least 1'],
    [['--config', '{'], 'error: --config must be JSON, such as \'{"snapshotEveryEntries":0}\''],
    [['--config', '[1]'], 'error: --config must be an object of numbers'],
    [['--fast'], "error: unknown option '--fast'"],
    [['--json'], "error: option '--json <file>' argument missing"],
  ])('refuses %j, saying why', (argv, text) => {
    expect(parseArguments(argv)).toEqual({ text, exitCode: 2 });
  });

  test('explains itself when asked, and that is no failure', () => {
    const parsed = parseArguments(['--help']);
    expect(parsed).toMatchObject({ exitCode: 0 });
    expect('text' in parsed && parsed.text).toContain('--clients');
  });
});
