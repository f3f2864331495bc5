import { connect, type Socket } from 'node:net';
import { rawServer } from './raw-peer.ts';

/** A stretch of network between a dialler and a node, which can delay what it carries and stop carrying it. */
export interface Detour {
  readonly address: string;
  /** Connections that it has carried so far. */
  readonly count: number;
  /** What stands now carries nothing any more, and nobody is told; what comes later is carried. */
  freeze(): void;
  close(): Promise<void>;
}

/** `delayTurns` tells for each chunk how many turns of the event loop it takes. */
export async function detourTo(port: number, delayTurns: () => number = () => 0): Promise<Detour> {
  const outer = new Set<Socket>();
  const frozen = new Set<Socket>();
  let count = 0;
  const pipe = (from: Socket, to: Socket): void => {
    let last = Promise.resolve();
    const after = (action: () => void): void => {
      const turns = delayTurns();
      last = last.then(async () => {
        for (let turn = 0; turn < turns; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
        if (!frozen.has(from)) action();
      });
    };
    from.on('data', (chunk) => after(() => to.write(chunk)));
    from.on('end', () => after(() => to.end()));
    from.on('close', () => after(() => to.destroySoon()));
    from.on('error', () => after(() => to.destroy()));
  };
  const server = await rawServer((near) => {
    count += 1;
    const far = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    for (const socket of [near, far]) outer.add(socket);
    pipe(near, far);
    pipe(far, near);
  });
  return {
    address: server.address,
    get count() {
      return count;
    },
    freeze() {
      for (const socket of outer) frozen.add(socket);
    },
    close() {
      for (const socket of outer) socket.destroy();
      return server.close();
    },
  };
}
