import { isAbsolute, join } from 'node:path';
import { parseArgs } from 'node:util';

/** Where `npm start` puts its cluster. */
export interface StartOptions {
  readonly dataFolder: string;
  /** Of n1; the others follow. */
  readonly httpPort: number;
  readonly raftPort: number;
  /** Print all that the nodes say. */
  readonly verbose: boolean;
}

export const nodeCount = 3;

/** What `npm start -- --help` prints. */
export const startUsage = `npm start -- [options]   a cluster of three on this machine

  --data DIR         where its data is                 (RAFT_DATA, default ./data)
  --http-port PORT   of n1; n2 and n3 take the next    (RAFT_HTTP_PORT, default 8081)
  --raft-port PORT   of n1; n2 and n3 take the next    (RAFT_RAFT_PORT, default 9081)
  --verbose          print all that the nodes say`;

/** Reads the command line, then the environment. Returns a sentence when something is wrong, `help` when that is asked for. */
export function parseStartOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  root: string,
): StartOptions | 'help' | { readonly wrong: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        data: { type: 'string', default: environment['RAFT_DATA'] ?? 'data' },
        'http-port': { type: 'string', default: environment['RAFT_HTTP_PORT'] ?? '8081' },
        'raft-port': { type: 'string', default: environment['RAFT_RAFT_PORT'] ?? '9081' },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return 'help';
    if (values.data === '') return { wrong: '--data must not be empty' };
    const httpPort = parsePort('--http-port', values['http-port']);
    const raftPort = parsePort('--raft-port', values['raft-port']);
    if (Math.abs(httpPort - raftPort) < nodeCount) return { wrong: `--http-port and --raft-port must be at least ${nodeCount} apart` };
    return { dataFolder: isAbsolute(values.data) ? values.data : join(root, values.data), httpPort, raftPort, verbose: values.verbose };
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
}

function parsePort(option: string, text: string): number {
  const port = Number(text);
  const most = 65_536 - nodeCount;
  if (/^\d+$/.test(text) && port >= 1 && port <= most) return port;
  throw new Error(`${option} must be a port from 1 to ${most}, not ${JSON.stringify(text)}`);
}
