import { type Bytes, RaftError } from '@raft/wire';
import * as z from 'zod';
import {
  conflictAnswerSchema,
  deletedAnswerSchema,
  errorAnswerSchema,
  type StatusAnswer,
  statusAnswerSchema,
  storedAnswerSchema,
} from './api.ts';
import { type Expected, keySchema } from './commands.ts';
import { type HttpCall, type HttpResult, httpCaller } from './http-call.ts';
import type { StoredValue } from './stored-value.ts';

/** Where a cluster is, and how long to wait for it. */
export interface KvClientOptions {
  /** URLs of members' HTTP interfaces, for example `http://127.0.0.1:8081`. All are equal: followers reach the leader themselves. */
  readonly endpoints: readonly string[];
  /** For each attempt; more than a server waits for a leader (5 s by default). Default: 10,000. */
  readonly timeoutMs?: number;
}

/** Nothing happened, and nothing will. */
export interface NotDone {
  readonly outcome: 'unavailable';
  readonly message: string;
}

/** It may have happened, or may still. Writing again could overwrite what others wrote meanwhile: read first, or use `expected`. */
export interface UnknownOutcome {
  readonly outcome: 'unknown';
  readonly message: string;
}

/** The precondition did not hold; `revision` is the one that stands, null for none. Nothing changed. */
export interface Conflict {
  readonly outcome: 'conflict';
  readonly revision: number | null;
}

export type PutOutcome = { readonly outcome: 'stored'; readonly revision: number } | Conflict | NotDone | UnknownOutcome;
export type DeleteOutcome = { readonly outcome: 'deleted'; readonly deleted: boolean } | Conflict | NotDone | UnknownOutcome;
export type GetOutcome = ({ readonly outcome: 'found' } & StoredValue) | { readonly outcome: 'missing' } | NotDone;
/** What one endpoint says of itself, or why it says nothing. */
export type EndpointStatus =
  | { readonly endpoint: string; readonly status: StatusAnswer }
  | { readonly endpoint: string; readonly failure: string };

/** When a write may happen; see {@link Expected}. */
export interface WriteOptions {
  readonly expected?: Expected;
}

/**
 * A client of a key-value cluster. It goes on to the next endpoint only when nothing can have happened at this one (no
 * connection, or 503), reads excepted, which may be sent again at will. A write whose answer is lost is `unknown`, and never
 * sent twice. Requests that break the rules throw `invalidArgument` or `tooLarge`.
 */
export interface KvClient extends Disposable {
  put(key: string, value: Bytes, options?: WriteOptions): Promise<PutOutcome>;
  delete(key: string, options?: WriteOptions): Promise<DeleteOutcome>;
  /** Linearizable unless asked to be local (then: whatever the endpoint has applied). */
  get(key: string, options?: { readonly consistency?: 'linearizable' | 'local' }): Promise<GetOutcome>;
  /** Asks every endpoint. */
  status(): Promise<readonly EndpointStatus[]>;
  /** Ends every connection. */
  close(): void;
}

/** One endpoint. */
export const endpointSchema = z.url({ protocol: /^https?$/, error: 'an endpoint is a URL such as http://127.0.0.1:8081' });
const optionsSchema = z.strictObject({
  endpoints: z.array(endpointSchema).min(1, 'give at least one endpoint'),
  timeoutMs: z.number().int().min(1).default(10_000),
});

export function kvClient(options: KvClientOptions): KvClient {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) {
    throw new RaftError('invalidArgument', parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
  }
  const { endpoints, timeoutMs } = parsed.data;
  const caller = httpCaller();
  const pool = endpointPool({ endpoints, timeoutMs, call: (call) => caller.call(call) });
  const close = (): void => caller.close();
  return {
    put: async (key, value, { expected } = {}) =>
      putOutcome(
        await pool.send({ method: 'PUT', path: pathOf(key), headers: preconditionHeaders(expected), body: value }, mayRepeatWrite),
      ),
    delete: async (key, { expected } = {}) => {
      if (expected === null) throw new RaftError('invalidArgument', 'a delete of a key that must not exist makes no sense');
      return deleteOutcome(
        await pool.send({ method: 'DELETE', path: pathOf(key), headers: preconditionHeaders(expected) }, mayRepeatWrite),
      );
    },
    get: async (key, { consistency = 'linearizable' } = {}) =>
      getOutcome(await pool.send({ method: 'GET', path: `${pathOf(key)}?consistency=${consistency}` }, mayRepeatRead)),
    status: () => Promise.all(endpoints.map((endpoint) => statusOf(endpoint, (call) => caller.call({ ...call, timeoutMs })))),
    close,
    [Symbol.dispose]: close,
  };
}

type Request = Omit<HttpCall, 'endpoint' | 'timeoutMs'>;

const mayRepeatWrite = (result: HttpResult): boolean => result.type === 'notSent' || (result.type === 'answer' && result.status === 503);
const mayRepeatRead = (result: HttpResult): boolean => result.type !== 'answer' || result.status >= 500;

interface PoolOptions {
  readonly endpoints: readonly string[];
  readonly timeoutMs: number;
  readonly call: (call: HttpCall) => Promise<HttpResult>;
}

/** Sends to the endpoint that answered last, then round the others, each at most once. */
function endpointPool({ endpoints, timeoutMs, call }: PoolOptions): {
  send(request: Request, mayRepeat: (result: HttpResult) => boolean): Promise<HttpResult>;
} {
  const urls = endpoints.map((endpoint) => new URL(endpoint));
  let first = 0;
  return {
    async send(request, mayRepeat) {
      const failures: string[] = [];
      const start = first;
      for (let n = 0; n < urls.length; n++) {
        const at = (start + n) % urls.length;
        const endpoint = urls[at] as URL;
        const result = await call({ ...request, endpoint, timeoutMs });
        if (!mayRepeat(result)) {
          first = at;
          return result;
        }
        failures.push(`${endpoint.host}: ${result.type === 'answer' ? withoutAssurance(messageOf(result.body)) : result.reason}`);
      }
      return { type: 'notSent', reason: failures.join('; ') };
    },
  };
}

function putOutcome(result: HttpResult): PutOutcome {
  const settled = settleWrite(result);
  if ('outcome' in settled) return settled;
  const answer = storedAnswerSchema.safeParse(settled.json);
  return answer.success ? { outcome: 'stored', revision: answer.data.revision } : notUnderstood();
}

function deleteOutcome(result: HttpResult): DeleteOutcome {
  const settled = settleWrite(result);
  if ('outcome' in settled) return settled;
  const answer = deletedAnswerSchema.safeParse(settled.json);
  return answer.success ? { outcome: 'deleted', deleted: answer.data.deleted } : notUnderstood();
}

/** Everything about a write's answer that is the same for put and delete. */
function settleWrite(result: HttpResult): Conflict | NotDone | UnknownOutcome | { readonly json: unknown } {
  if (result.type === 'notSent') return { outcome: 'unavailable', message: result.reason };
  if (result.type === 'broken') return { outcome: 'unknown', message: `the connection broke before the answer came: ${result.reason}` };
  if (result.status === 200) return { json: parseJson(result.body) };
  if (result.status === 412) {
    const conflict = conflictAnswerSchema.safeParse(parseJson(result.body));
    return conflict.success ? { outcome: 'conflict', revision: conflict.data.revision } : { outcome: 'conflict', revision: null };
  }
  if (result.status >= 500) return { outcome: 'unknown', message: messageOf(result.body) };
  throw refused(result.status, result.body);
}

function getOutcome(result: HttpResult): GetOutcome {
  if (result.type !== 'answer') return { outcome: 'unavailable', message: result.reason };
  if (result.status === 404 && errorAnswerSchema.safeParse(parseJson(result.body)).success) return { outcome: 'missing' };
  if (result.status !== 200) throw refused(result.status, result.body);
  const revision = Number(/^"(\d+)"$/.exec(result.headers.etag ?? '')?.[1]);
  if (!Number.isSafeInteger(revision))
    return { outcome: 'unavailable', message: 'the answer carries no revision: is this endpoint a raft-kv server?' };
  return { outcome: 'found', value: result.body, revision };
}

async function statusOf(endpoint: string, call: (call: Omit<HttpCall, 'timeoutMs'>) => Promise<HttpResult>): Promise<EndpointStatus> {
  const result = await call({ endpoint: new URL(endpoint), method: 'GET', path: '/v1/status' });
  if (result.type !== 'answer') return { endpoint, failure: result.reason };
  const answer = statusAnswerSchema.safeParse(parseJson(result.body));
  return answer.success ? { endpoint, status: answer.data } : { endpoint, failure: messageOf(result.body) };
}

function pathOf(key: string): string {
  const parsed = keySchema.safeParse(key);
  if (!parsed.success) throw new RaftError('invalidArgument', parsed.error.issues.map((issue) => issue.message).join('; '));
  return `/v1/kv/${encodeURIComponent(key)}`;
}

function preconditionHeaders(expected: Expected | undefined): Readonly<Record<string, string>> {
  if (expected === undefined) return {};
  if (expected === null) return { 'If-None-Match': '*' };
  return { 'If-Match': expected === 'present' ? '*' : `"${expected}"` };
}

function notUnderstood(): UnknownOutcome {
  return { outcome: 'unknown', message: 'the answer was not understood: is this endpoint a raft-kv server?' };
}

function refused(status: number, body: Bytes): RaftError {
  return new RaftError(status === 413 ? 'tooLarge' : 'invalidArgument', messageOf(body));
}

function messageOf(body: Bytes): string {
  const answer = errorAnswerSchema.safeParse(parseJson(body));
  return answer.success ? answer.data.message : 'the answer was not understood: is this endpoint a raft-kv server?';
}

/** Every server assures us that nothing happened; the outcome says so once. */
function withoutAssurance(message: string): string {
  return message.replace(/; nothing happened.*$/, '');
}

function parseJson(body: Bytes): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
