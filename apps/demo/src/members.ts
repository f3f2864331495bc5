import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const host = '127.0.0.1';

/** One node of the cluster: who it is, where it listens, where its files are. */
export interface Member {
  readonly id: string;
  readonly httpPort: number;
  readonly raftPort: number;
  readonly dataFolder: string;
}

/** Where the members listen; one port for each, in order. */
export interface Ports {
  readonly http: readonly number[];
  readonly raft: readonly number[];
}

/** n1, n2, … one for each pair of ports. */
export function planMembers(dataFolder: string, ports: Ports): Member[] {
  return ports.http.map((httpPort, position) => {
    const id = `n${position + 1}`;
    return { id, httpPort, raftPort: ports.raft[position] ?? 0, dataFolder: join(dataFolder, id) };
  });
}

/** Where a member answers requests. */
export function endpointOf(member: Member): string {
  return `http://${host}:${member.httpPort}`;
}

const kvFolder = new URL('.', import.meta.resolve('@raft/kv'));

/** The command line of a member, as a person would type it, but for the guard. `--bootstrap` is always given: on a formed storage it does nothing. */
export function serveCommand(member: Member, members: readonly Member[]): string[] {
  return [
    process.execPath,
    '--import',
    new URL('./guard.ts', import.meta.url).href,
    fileURLToPath(new URL('cli/main.ts', kvFolder)),
    'serve',
    '--id',
    member.id,
    '--data',
    member.dataFolder,
    '--http',
    `${host}:${member.httpPort}`,
    '--raft',
    `${host}:${member.raftPort}`,
    '--cluster',
    members.map((each) => `${each.id}=${host}:${each.raftPort}`).join(','),
    '--bootstrap',
  ];
}
