import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { host, type Ports } from './members.ts';

/** How the sentence for a port that is taken ends. */
export const portInUse = ': in use';

/** Why nothing can listen on a port, in a sentence; undefined when it is free. */
export async function portTrouble(port: number, whose: string): Promise<string | undefined> {
  const server = createServer();
  try {
    await listen(server, port);
    return undefined;
  } catch (error) {
    return describe(error, `port ${port} on ${host}, ${whose}`);
  } finally {
    server.close();
  }
}

/** As many ports that are free now as asked for, all different. */
export async function freePorts(count: number): Promise<Ports> {
  // All are held at once, so that none is given twice.
  const servers = await Promise.all(
    Array.from({ length: count * 2 }, async () => {
      const server = createServer();
      await listen(server, 0);
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(
    servers.map(async (server) => {
      server.close();
      await once(server, 'close');
    }),
  );
  return { http: ports.slice(0, count), raft: ports.slice(count) };
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen({ host, port, exclusive: true });
  await once(server, 'listening');
}

function describe(error: unknown, what: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `${what}${portInUse}`;
  if (code === 'EACCES' || code === 'EPERM') return `${what}: no permission to listen there`;
  return `${what}: ${error instanceof Error ? error.message : String(error)}`;
}
