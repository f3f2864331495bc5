import type { PeerAddress } from '@raft/core';
import { type NodeId, nodeIdSchema, RaftError } from '@raft/wire';
import * as z from 'zod';
import type { HttpAddress } from '../server/http-listener.ts';

/** Options of `raft-kv serve`, checked. */
export interface ServeOptions {
  readonly id: NodeId;
  readonly data: string;
  readonly http: HttpAddress;
  readonly raft: HttpAddress;
  /** Every member, this node among them; what the others dial. */
  readonly cluster: readonly (PeerAddress & HttpAddress)[];
  readonly bootstrap: boolean;
  readonly clusterName: string;
}

const serveSchema = z
  .object({
    id: z.string({ error: '--id is missing: give this node one of the ids in --cluster' }).pipe(nodeIdSchema),
    data: z.string({ error: '--data is missing: give the directory for what this node keeps' }).min(1, '--data must not be empty'),
    http: addressSchema({ option: '--http', minPort: 0, missing: '--http is missing: give HOST:PORT to serve HTTP on' }),
    raft: addressSchema({ option: '--raft', minPort: 1, missing: '--raft is missing: give HOST:PORT to hear the other nodes on' }),
    cluster: z.string({ error: '--cluster is missing: list all members as ID=HOST:PORT,…' }).transform(parseCluster),
    bootstrap: z.boolean().default(false),
    clusterName: z
      .string()
      .min(1, '--cluster-name must not be empty')
      .max(128, '--cluster-name may have at most 128 characters')
      .default('raft-kv'),
  })
  .refine(({ id, cluster }) => cluster.some((member) => member.id === id), {
    error: (issue) => `--id ${(issue.input as { id: string }).id} is not in --cluster`,
  })
  .refine(({ http, raft }) => http.port !== raft.port || http.host !== raft.host, '--http and --raft must not be the same address');

/** Checks what the command line gave. Throws `invalidArgument`, one line for each mistake. */
export function parseServeOptions(given: unknown): ServeOptions {
  const parsed = serveSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new RaftError('invalidArgument', parsed.error.issues.map((issue) => issue.message).join('\n'));
}

/** `HOST:PORT`, an IPv6 host in brackets. */
export function formatAddress({ host, port }: HttpAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function parseAddress(text: string): HttpAddress | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

function addressSchema({ option, minPort, missing }: { readonly option: string; readonly minPort: number; readonly missing: string }) {
  return z.string({ error: missing }).transform((text, context): HttpAddress => {
    const address = parseAddress(text);
    if (address !== undefined && address.port >= minPort) return address;
    context.issues.push({
      code: 'custom',
      input: text,
      message: `${option} must be HOST:PORT with a port from ${minPort} to 65535, not ${JSON.stringify(text)}`,
    });
    return z.NEVER;
  });
}

function parseCluster(text: string, context: z.core.$RefinementCtx<string>): ServeOptions['cluster'] {
  const complain = (message: string): void => void context.issues.push({ code: 'custom', input: text, message });
  const members: (PeerAddress & HttpAddress)[] = [];
  for (const part of text.split(',')) {
    const separator = part.indexOf('=');
    const id = nodeIdSchema.safeParse(part.slice(0, separator).trim());
    const address = parseAddress(part.slice(separator + 1).trim());
    if (separator === -1 || !id.success || address === undefined || address.port === 0) {
      complain(`--cluster must be ID=HOST:PORT,… and ${JSON.stringify(part)} is not of that form`);
      continue;
    }
    if (members.some((member) => member.id === id.data)) complain(`--cluster names ${id.data} twice`);
    if (members.some((member) => member.host === address.host && member.port === address.port))
      complain(`--cluster gives ${formatAddress(address)} to two nodes`);
    members.push({ id: id.data, address: `tcp://${formatAddress(address)}`, ...address });
  }
  return members;
}
