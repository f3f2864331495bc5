import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';

const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

/** The share of a process's busy time that was spent in one place, without what it called. */
interface HotSpot {
  readonly place: string;
  readonly share: number;
}

/** Where a process spent its time. */
export interface ProfileSummary {
  readonly process: string;
  /** Of the time in which the process ran. */
  readonly busyShare: number;
  /** By package, Node's own modules and V8's garbage collector among them; most first. */
  readonly packages: readonly HotSpot[];
  /** By function; most first. */
  readonly functions: readonly HotSpot[];
}

/** Sums up each `.cpuprofile` in a folder. */
export async function profilesIn(directory: string): Promise<readonly ProfileSummary[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.cpuprofile')).toSorted();
  return Promise.all(
    files.map(async (file) => summarizeProfile(basename(file, '.cpuprofile'), await readFile(join(directory, file), 'utf8'))),
  );
}

/** Sums up a V8 CPU profile. */
export function summarizeProfile(processName: string, json: string): ProfileSummary {
  const { nodes, samples, timeDeltas } = profileSchema.parse(JSON.parse(json));
  const frames = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const byPackage = new Map<string, number>();
  const byFunction = new Map<string, number>();
  let total = 0;
  let busy = 0;
  for (const [i, id] of samples.entries()) {
    const frame = frames.get(id);
    // Starting and ending the profile is no part of what is measured.
    if (frame?.url === 'node:inspector') continue;
    const micros = timeDeltas[i] ?? 0;
    total += micros;
    if (frame === undefined || frame.functionName === '(idle)') continue;
    busy += micros;
    const owner = ownerOf(frame);
    byPackage.set(owner, (byPackage.get(owner) ?? 0) + micros);
    const place = `${owner} ${frame.functionName || '(anonymous)'}${frame.url === '' ? '' : ` ${basename(frame.url)}:${frame.lineNumber + 1}`}`;
    byFunction.set(place, (byFunction.get(place) ?? 0) + micros);
  }
  return {
    process: processName,
    busyShare: total === 0 ? 0 : busy / total,
    packages: ranked(byPackage, busy),
    functions: ranked(byFunction, busy),
  };
}

function ownerOf({ functionName, url }: { readonly functionName: string; readonly url: string }): string {
  if (functionName === '(garbage collector)') return 'garbage collection';
  const [, workspaceFolder] = /\/((?:packages|apps)\/[^/]+)\/src\//.exec(url) ?? [];
  if (workspaceFolder !== undefined) return workspaceFolder;
  const [, dependency] = /\/node_modules\/(?:\.pnpm\/.*\/node_modules\/)?((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  if (dependency !== undefined) return dependency;
  return url.startsWith('node:') ? 'node' : 'native';
}

function ranked(micros: ReadonlyMap<string, number>, total: number): readonly HotSpot[] {
  return [...micros].map(([place, time]) => ({ place, share: time / total })).toSorted((a, b) => b.share - a.share);
}
