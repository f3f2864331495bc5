import type { HttpBindings } from '@hono/node-server';
import type { NodeStatus } from '@raft/core';
import { type Context, Hono } from 'hono';
import type { ConflictAnswer, DeletedAnswer, StatusAnswer, StoredAnswer, ValueAnswer } from '../api.ts';
import { encodeCommand, type KvCommand } from '../commands.ts';
import type { StoredValue } from '../stored-value.ts';
import { badRequest, clientGone, methodNotAllowed, notFound, unavailable, unknownOutcome, valueTooLarge } from './answers.ts';
import { readBody } from './body.ts';
import { noticeOf } from './notice.ts';
import { entityTag, matchesTag, parsePreconditions } from './preconditions.ts';
import type { Readiness } from './readiness.ts';
import { keyPrefix, parseKey, rawPath } from './request-key.ts';
import { type KvNode, type RequestLimits, read, write } from './requests.ts';

/** What the HTTP interface serves, and within which limits. */
export interface AppOptions {
  readonly node: KvNode;
  readonly readiness: Readiness;
  readonly maxValueBytes: number;
  readonly requestTimeoutMs: number;
}

type Env = { Bindings: HttpBindings };
type App = Hono<Env>;

/** The HTTP interface (its table is in this package's README). */
export function createApp(options: AppOptions): App {
  // Every key is one route: the router sees `/v1/kv/` for all of them and the handlers take the key from the raw path.
  const app = new Hono<Env>({ getPath: (_request, context) => routeOf(context?.env?.incoming.url ?? '/') });
  app.get(keyPrefix, (c) => get(c, options));
  app.put(keyPrefix, (c) => put(c, options));
  app.delete(keyPrefix, (c) => remove(c, options));
  app.all(keyPrefix, () => methodNotAllowed('GET, HEAD, PUT, DELETE'));
  app.get('/v1/status', (c) => c.json(statusAnswer(options.node.status())));
  app.get('/healthz', (c) => health(c, options));
  app.get('/readyz', (c) => ready(c, options));
  for (const path of ['/v1/status', '/healthz', '/readyz']) app.all(path, () => methodNotAllowed('GET, HEAD'));
  app.notFound(() => notFound('there is nothing at this path'));
  return app;
}

function routeOf(target: string): string {
  const path = rawPath(target);
  return path.startsWith(keyPrefix) ? keyPrefix : path;
}

async function get(c: Context<Env>, options: AppOptions): Promise<Response> {
  const key = parseKey(rawPath(c.env.incoming.url ?? '/'));
  if (!key.ok) return badRequest(key.reason);
  const consistency = c.req.query('consistency') ?? 'linearizable';
  if (consistency !== 'linearizable' && consistency !== 'local')
    return badRequest(`consistency is linearizable or local, not ${consistency}`);
  if (c.req.header('If-Match') !== undefined) return badRequest('If-Match is for writes');
  const outcome = await read(options.node, { key: key.value }, { ...limitsOf(c, options), consistency });
  if (outcome.type === 'unavailable') return unavailable(outcome, options.node.status());
  if (outcome.answer === undefined) return notFound(`there is no key ${JSON.stringify(key.value)}`);
  return valueResponse(c, key.value, outcome.answer);
}

function valueResponse(c: Context<Env>, key: string, { value, revision }: StoredValue): Response {
  const headers = { ETag: entityTag(revision), 'Cache-Control': 'no-store', Vary: 'Accept' };
  if (matchesTag(c.req.header('If-None-Match'), revision)) return c.body(null, 304, headers);
  if (!acceptsJson(c.req.header('Accept')))
    return c.body(value, 200, { ...headers, 'Content-Type': 'application/octet-stream', 'X-Content-Type-Options': 'nosniff' });
  const answer: ValueAnswer = { key, value: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'), revision };
  return c.json(answer, 200, headers);
}

function acceptsJson(accept: string | undefined): boolean {
  return (accept ?? '').split(',').some((range) => range.split(';')[0]?.trim().toLowerCase() === 'application/json');
}

async function put(c: Context<Env>, options: AppOptions): Promise<Response> {
  const key = parseKey(rawPath(c.env.incoming.url ?? '/'));
  if (!key.ok) return badRequest(key.reason);
  const expected = preconditionsOf(c);
  if (!expected.ok) return badRequest(expected.reason);
  const body = await readBody(c.req.raw, options.maxValueBytes);
  if (body.type === 'tooLarge') return valueTooLarge(options.maxValueBytes);
  if (body.type === 'broken') return clientGone();
  return runCommand(c, options, {
    type: 'put',
    key: key.value,
    value: body.bytes,
    ...(expected.value === undefined ? {} : { expected: expected.value }),
  });
}

async function remove(c: Context<Env>, options: AppOptions): Promise<Response> {
  const key = parseKey(rawPath(c.env.incoming.url ?? '/'));
  if (!key.ok) return badRequest(key.reason);
  const expected = preconditionsOf(c);
  if (!expected.ok) return badRequest(expected.reason);
  if (expected.value === null) return badRequest('If-None-Match: * makes no sense for a DELETE');
  return runCommand(c, options, { type: 'delete', key: key.value, ...(expected.value === undefined ? {} : { expected: expected.value }) });
}

async function runCommand(c: Context<Env>, options: AppOptions, command: KvCommand): Promise<Response> {
  const outcome = await write(options.node, encodeCommand(command), limitsOf(c, options));
  if (outcome.type === 'unavailable')
    return outcome.code === 'tooLarge' ? valueTooLarge(options.maxValueBytes) : unavailable(outcome, options.node.status());
  if (outcome.type === 'unknown') return unknownOutcome(outcome.code);
  const { result } = outcome;
  switch (result.type) {
    case 'stored':
      return c.json({ revision: result.revision } satisfies StoredAnswer, 200, { ETag: entityTag(result.revision) });
    case 'deleted':
      return c.json({ deleted: result.deleted } satisfies DeletedAnswer);
    case 'conflict':
      return c.json({ revision: result.revision } satisfies ConflictAnswer, 412);
    case 'malformed':
      return badRequest(`the cluster refused the command: ${result.message}`);
  }
}

function health(c: Context<Env>, { node }: AppOptions): Response {
  const status = node.status();
  if (status.role === 'stopped') return unavailable({ code: 'stopped' }, status);
  return c.json({ status: 'ok' });
}

function ready(c: Context<Env>, { node, readiness }: AppOptions): Response {
  const status = node.status();
  if (status.role === 'stopped') return unavailable({ code: 'stopped' }, status);
  if (status.leaderId === null) return unavailable({ code: 'noLeader' }, status);
  if (!readiness.caughtUp) return unavailable({ code: 'catchingUp' }, status);
  return c.json({ status: 'ready', leaderId: status.leaderId });
}

function statusAnswer(status: NodeStatus): StatusAnswer {
  const { id, storageId, clusterId, role, blank, term, leaderId, commitIndex, lastApplied, durableIndex } = status;
  const { firstIndex, lastIndex, snapshotIndex, configuration, forming } = status;
  const log = { firstIndex, lastIndex, snapshotIndex };
  return {
    id,
    storageId,
    clusterId,
    role,
    blank,
    notice: noticeOf(status),
    term,
    leaderId,
    commitIndex,
    lastApplied,
    durableIndex,
    ...log,
    configuration,
    forming,
  };
}

function preconditionsOf(c: Context<Env>): ReturnType<typeof parsePreconditions> {
  return parsePreconditions({ ifMatch: c.req.header('If-Match'), ifNoneMatch: c.req.header('If-None-Match') });
}

function limitsOf(c: Context<Env>, { requestTimeoutMs }: AppOptions): RequestLimits {
  const gone = new AbortController();
  c.env.outgoing.once('close', () => gone.abort());
  return { timeoutMs: requestTimeoutMs, signal: gone.signal };
}
