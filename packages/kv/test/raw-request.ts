import { request } from 'node:http';

export interface RawAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** A request as it is written here: `fetch` would resolve dots in the path, and add what it likes. */
export function rawRequest(
  url: string,
  given: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Record<string, string | string[]>;
    readonly chunks?: readonly Uint8Array[];
  },
): Promise<RawAnswer> {
  const { method, path, headers = {}, chunks = [] } = given;
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path, headers, agent: false }, (incoming) => {
      let body = '';
      incoming.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }));
      incoming.on('error', reject);
    });
    outgoing.on('error', reject);
    for (const chunk of chunks) outgoing.write(chunk);
    outgoing.end();
  });
}
