import { Agent as HttpAgent, type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Bytes } from '@raft/wire';

/** One request. The path is sent as it is: `fetch` would resolve dots in it, and keys may be dots. */
export interface HttpCall {
  readonly endpoint: URL;
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Bytes;
  readonly timeoutMs: number;
}

/** What came of it. `notSent`: no connection came about, so the server knows nothing of it. `broken`: it may have acted. */
export type HttpResult =
  | { readonly type: 'answer'; readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Bytes }
  | { readonly type: 'notSent'; readonly reason: string }
  | { readonly type: 'broken'; readonly reason: string };

/** Connections that are kept for the next call. */
export interface HttpCaller {
  call(call: HttpCall): Promise<HttpResult>;
  /** Ends every connection. */
  close(): void;
}

export function httpCaller(): HttpCaller {
  const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) };
  return {
    call: (call) => perform(call, call.endpoint.protocol === 'https:' ? agents['https:'] : agents['http:']),
    close: () => {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

function perform({ endpoint, method, path, headers, body, timeoutMs }: HttpCall, agent: HttpAgent): Promise<HttpResult> {
  return new Promise((resolve) => {
    let sent = false;
    const request = (endpoint.protocol === 'https:' ? requestHttps : requestHttp)({
      agent,
      method,
      protocol: endpoint.protocol,
      hostname: endpoint.hostname.replace(/^\[|\]$/g, ''),
      port: endpoint.port,
      path: `${endpoint.pathname.replace(/\/$/, '')}${path}`,
      headers: { ...headers, ...(body && { 'Content-Length': body.length }) },
    });
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const end = (result: HttpResult): void => {
      clearTimeout(timer);
      resolve(result);
    };
    const fail = (error: Error): void => end({ type: sent ? 'broken' : 'notSent', reason: reasonOf(error) });
    request.on('socket', (socket) => {
      if (!socket.connecting) sent = true;
      else socket.once('connect', () => (sent = true));
    });
    request.on('error', fail);
    request.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', fail);
      response.on('end', () =>
        end({ type: 'answer', status: response.statusCode ?? 0, headers: response.headers, body: new Uint8Array(Buffer.concat(parts)) }),
      );
    });
    request.end(body);
  });
}

function reasonOf(error: Error): string {
  // A name with several addresses fails with one error for each.
  return error instanceof AggregateError ? error.errors.map((each) => (each as Error).message).join(', ') : error.message;
}
