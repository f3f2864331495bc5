import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { parseSummary } from '../src/campaign/merge.ts';
import { parseSeeds } from '../src/cli/arguments.ts';
import { type Ended, environment, freshFolder, program, root, runCommand } from './cli.ts';

// The manifests are run as they stand, command lines and all, but for fewer seeds and parts.

const container = z.object({
  name: z.string(),
  env: z.array(z.object({ name: z.string(), value: z.string() })),
  command: z.tuple([z.literal('sh'), z.literal('-c')]),
  args: z.tuple([z.string()]),
  resources: z.object({ requests: z.object({ cpu: z.string(), memory: z.string() }) }),
  volumeMounts: z.tuple([z.object({ name: z.string(), mountPath: z.string() })]),
});
const job = z.object({
  apiVersion: z.literal('batch/v1'),
  kind: z.literal('Job'),
  spec: z.looseObject({
    template: z.object({
      spec: z.object({
        restartPolicy: z.literal('Never'),
        containers: z.tuple([container]),
        volumes: z.tuple([z.object({ name: z.string(), persistentVolumeClaim: z.object({ claimName: z.string() }) })]),
      }),
    }),
  }),
});
const indexed = z.object({
  completionMode: z.literal('Indexed'),
  completions: z.number(),
  backoffLimitPerIndex: z.number(),
  maxFailedIndexes: z.number(),
});

function documentsOf(file: string): readonly unknown[] {
  const documents = parseAllDocuments(readFileSync(new URL(`../deploy/${file}`, import.meta.url), 'utf8'));
  return documents.map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as unknown;
  });
}

/** A command as a pod would run it, in an image in which the program is installed. */
function asPod({ command, args }: z.infer<typeof container>, env: Readonly<Record<string, string>>): Promise<Ended> {
  const bin = freshFolder();
  writeFileSync(join(bin, 'raft-sim'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(join(bin, 'raft-sim'), 0o755);
  const [shell, ...rest] = command;
  return runCommand(shell, [...rest, ...args], {
    cwd: bin,
    env: { ...environment, PATH: `${bin}${delimiter}${process.env['PATH']}`, ...env },
  });
}

describe('the Kubernetes jobs', () => {
  const [claim, campaign] = documentsOf('campaign-job.yaml');
  const run = job.parse(campaign);
  const merge = job.parse(documentsOf('campaign-merge.yaml')[0]);
  const [shard] = run.spec.template.spec.containers;
  const [merger] = merge.spec.template.spec.containers;
  const settings = Object.fromEntries(shard.env.map(({ name, value }) => [name, value]));

  test('run as many parts as the campaign has, and try no part for ever', () => {
    const spec = indexed.parse(run.spec);
    expect(String(spec.completions)).toBe(settings['SHARDS']);
    expect(spec.maxFailedIndexes).toBe(spec.completions);
    expect(parseSeeds(settings['SEEDS'] ?? '')).toEqual([1, 1_000_000]);
  });

  test('share the volume that is claimed, where they write their results', () => {
    const { metadata } = z.object({ kind: z.literal('PersistentVolumeClaim'), metadata: z.object({ name: z.string() }) }).parse(claim);
    for (const { spec } of [run.spec.template, merge.spec.template]) {
      const [{ volumeMounts, env }] = spec.containers;
      expect(spec.volumes[0].persistentVolumeClaim.claimName).toBe(metadata.name);
      expect(volumeMounts[0]).toEqual({ name: spec.volumes[0].name, mountPath: env.find(({ name }) => name === 'RESULTS')?.value });
    }
  });

  test('run every seed once, by the command lines that they contain', async () => {
    const results = freshFolder();
    const ended = await Promise.all(
      [0, 1, 2].map((index) => asPod(shard, { SEEDS: '17..21', SHARDS: '3', RESULTS: results, JOB_COMPLETION_INDEX: String(index) })),
    );
    expect(
      ended.map(({ code }) => code),
      ended.map(({ err }) => err).join(''),
    ).toEqual([0, 0, 0]);
    expect(readdirSync(results).toSorted()).toEqual(['part-0.json', 'part-1.json', 'part-2.json']);
    const merged = await asPod(merger, { RESULTS: results });
    expect(merged.code, merged.err).toBe(0);
    expect(merged.out).toContain('5 seeds · 17..21 · no failure');
    expect(parseSummary(JSON.parse(readFileSync(join(results, 'campaign.json'), 'utf8'))).seeds).toEqual([[17, 21]]);
  });
});

const step = z.object({
  name: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
});
const workflow = z.object({
  on: z.object({
    schedule: z.tuple([z.object({ cron: z.string() })]),
    workflow_dispatch: z.object({ inputs: z.object({ seeds: z.unknown() }) }),
  }),
  env: z.object({ SHARDS: z.number(), SEEDS_A_NIGHT: z.number() }),
  jobs: z.object({
    shard: z.object({ strategy: z.object({ matrix: z.object({ shard: z.array(z.number()) }) }), steps: z.array(step) }),
    merge: z.object({ needs: z.literal('shard'), steps: z.array(step) }),
  }),
});

describe('the CI workflow', () => {
  const { env, jobs } = workflow.parse(parse(readFileSync(join(root, '.github/workflows/campaign.yml'), 'utf8')));

  /** What the one step that starts the simulator runs. */
  function commandOf(steps: readonly z.infer<typeof step>[]): string {
    const [command, ...others] = steps.flatMap(({ run }) => (run?.includes(' sim ') === true ? [run] : []));
    expect(others).toEqual([]);
    return command ?? '';
  }

  /** Runs a step's script in a clone: here the script of the root's package, with results in a folder of their own. */
  async function asRunner(script: string, settings: Readonly<Record<string, string>>, results: string): Promise<Ended> {
    const moved = script.replaceAll('results', results);
    return runCommand('bash', ['-e', '-c', moved], { cwd: root, env: { ...environment, PATH: pathWithNode, ...settings } });
  }
  const pathWithNode = `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`;

  test('has a job for each part', () => {
    expect(jobs.shard.strategy.matrix.shard).toEqual(Array.from({ length: env.SHARDS }, (_, at) => at + 1));
  });

  test('runs every seed once, by the command lines that it contains', async () => {
    const results = join(freshFolder(), 'parts');
    mkdirSync(results);
    const command = commandOf(jobs.shard.steps);
    const settings = { SHARDS: '2', SEEDS_A_NIGHT: '4', GITHUB_RUN_NUMBER: '4', SEEDS: '' };
    const ended = await Promise.all(['1', '2'].map((shard) => asRunner(command, { ...settings, SHARD: shard }, results)));
    expect(
      ended.map(({ code }) => code),
      ended.map(({ err }) => err).join(''),
    ).toEqual([0, 0]);
    const merged = await asRunner(commandOf(jobs.merge.steps), {}, results);
    expect(merged.code, merged.err).toBe(0);
    expect(merged.out).toContain('4 seeds · 17..20 · no failure');
  });

  test('runs the seeds that somebody asked for', async () => {
    const results = join(freshFolder(), 'parts');
    const settings = { SHARDS: '1', SHARD: '1', SEEDS_A_NIGHT: '4', GITHUB_RUN_NUMBER: '3', SEEDS: '20..21' };
    const { code, out } = await asRunner(commandOf(jobs.shard.steps), settings, results);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('2 seeds · 20..21') });
  });
});
