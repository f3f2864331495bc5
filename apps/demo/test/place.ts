import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { portTrouble } from '../src/ports.ts';
import { nodeCount } from '../src/start-options.ts';

/** Somewhere to run a cluster: a folder that goes away, and ports in a row that were free. */
export interface Place extends Disposable {
  readonly folder: string;
  readonly httpPort: number;
  readonly raftPort: number;
  readonly args: readonly string[];
}

const firstPort = 21_000;
const lastPort = 31_000;

/** Places of this process, some of which nobody listens at yet. */
const taken = new Set<number>();

/** Takes ports below those that the system gives to clients. */
export async function findPlace(): Promise<Place> {
  for (;;) {
    const httpPort = firstPort + 2 * nodeCount * Math.floor((Math.random() * (lastPort - firstPort)) / (2 * nodeCount));
    if (taken.has(httpPort)) continue;
    taken.add(httpPort);
    const raftPort = httpPort + nodeCount;
    const ports = Array.from({ length: 2 * nodeCount }, (_, position) => httpPort + position);
    const troubles = await Promise.all(ports.map((port) => portTrouble(port, 'a test')));
    if (troubles.some((trouble) => trouble !== undefined)) continue;
    const folder = mkdtempSync(join(tmpdir(), 'raft-start-'));
    return {
      folder,
      httpPort,
      raftPort,
      args: ['--data', folder, '--http-port', String(httpPort), '--raft-port', String(raftPort)],
      [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
    };
  }
}
