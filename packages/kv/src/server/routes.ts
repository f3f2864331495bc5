import type { IncomingMessage } from 'node:http';
import type { NodeStatus } from '@raft/core';
import type { ConflictAnswer, DeletedAnswer, StatusAnswer, StoredAnswer, ValueAnswer } from '../api.ts';
import { encodeCommand, type KvCommand } from '../commands.ts';
import type { StoredValue } from '../stored-value.ts';
import { type Answer, badRequest, jsonAnswer, methodNotAllowed, notFound, unavailable, unknownOutcome, valueTooLarge } from './answers.ts';
import { readBody } from './body.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { HttpHandler } from './http-listener.ts';
import { noticeOf } from './notice.ts';
import { entityTag, matchesTag, parsePreconditions } from './preconditions.ts';
import type { Readiness } from './readiness.ts';
import { keyPrefix, parseKey, queryOf, rawPath } from './request-key.ts';
import { type KvNode, read, write } from './requests.ts';

/** What the HTTP interface serves, and within which limits. */
export interface ServiceOptions {
  readonly node: KvNode;
  readonly readiness: Readiness;
  readonly maxValueBytes: number;
  readonly requestTimeoutMs: number;
  /** For the bodies of all requests under way. */
  readonly bodies: ByteBudget;
}

interface KeyRequest {
  readonly key: string;
  readonly incoming: IncomingMessage;
  readonly gone: AbortSignal;
}

/** The HTTP interface (its table is in this package's README). */
export function createRoutes(options: ServiceOptions): HttpHandler {
  return (incoming, gone) => {
    const path = rawPath(incoming.url ?? '/');
    if (path.startsWith(keyPrefix)) return keyRoute(path, { incoming, gone }, options);
    const page = pages.get(path);
    if (page === undefined) return notFound('there is nothing at this path');
    return incoming.method === 'GET' || incoming.method === 'HEAD' ? page(options) : methodNotAllowed('GET, HEAD');
  };
}

const pages = new Map<string, (options: ServiceOptions) => Answer>([
  ['/v1/status', ({ node }) => jsonAnswer(200, statusAnswer(node.status()))],
  ['/healthz', health],
  ['/readyz', ready],
]);

function keyRoute(path: string, request: Omit<KeyRequest, 'key'>, options: ServiceOptions): Answer | Promise<Answer> {
  const method = methods.get(request.incoming.method ?? '');
  if (method === undefined) return methodNotAllowed('GET, HEAD, PUT, DELETE');
  const key = parseKey(path);
  return key.ok ? method({ ...request, key: key.value }, options) : badRequest(key.reason);
}

const methods = new Map<string, (request: KeyRequest, options: ServiceOptions) => Answer | Promise<Answer>>([
  ['GET', get],
  ['HEAD', get],
  ['PUT', put],
  ['DELETE', remove],
]);

async function get({ key, incoming, gone }: KeyRequest, { node, requestTimeoutMs }: ServiceOptions): Promise<Answer> {
  const query = queryOf(incoming.url ?? '/');
  // A misspelt one would otherwise be a read of another kind than was asked for.
  const unknown = [...query.keys()].find((name) => name !== 'consistency');
  if (unknown !== undefined) return badRequest(`there is no parameter ${JSON.stringify(unknown)}, only consistency`);
  const consistency = query.get('consistency') ?? 'linearizable';
  if (consistency !== 'linearizable' && consistency !== 'local')
    return badRequest(`consistency is linearizable or local, not ${consistency}`);
  if (incoming.headers['if-match'] !== undefined) return badRequest('If-Match is for writes');
  const outcome = await read(node, { key }, { timeoutMs: requestTimeoutMs, signal: gone, consistency });
  if (outcome.type === 'unavailable') return unavailable(outcome, node.status());
  if (outcome.answer === undefined) return notFound(`there is no key ${JSON.stringify(key)}`);
  return valueAnswer({ key, incoming, stored: outcome.answer });
}

function valueAnswer({
  key,
  incoming,
  stored,
}: {
  readonly key: string;
  readonly incoming: IncomingMessage;
  readonly stored: StoredValue;
}): Answer {
  const { value, revision } = stored;
  const headers = { ETag: entityTag(revision), 'Cache-Control': 'no-store', Vary: 'Accept' };
  if (matchesTag(incoming.headers['if-none-match'], revision)) return { status: 304, headers, body: '' };
  if (!acceptsJson(incoming.headers.accept)) {
    return {
      status: 200,
      headers: { ...headers, 'Content-Type': 'application/octet-stream', 'X-Content-Type-Options': 'nosniff' },
      body: value,
    };
  }
  const base64 = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  return jsonAnswer<ValueAnswer>(200, { key, value: base64, revision }, headers);
}

function acceptsJson(accept: string | undefined): boolean {
  return (accept ?? '').split(',').some((range) => range.split(';')[0]?.trim().toLowerCase() === 'application/json');
}

async function put(request: KeyRequest, options: ServiceOptions): Promise<Answer> {
  const expected = preconditionsOf(request.incoming);
  if (!expected.ok) return badRequest(expected.reason);
  const { maxValueBytes, bodies } = options;
  const body = await readBody(request.incoming, { maxBytes: maxValueBytes, budget: bodies });
  if (body.type === 'tooLarge') return valueTooLarge(maxValueBytes);
  if (body.type === 'overloaded') return unavailable({ code: 'overloaded' });
  if (body.type === 'broken') return badRequest('the body broke off');
  const command = { type: 'put', key: request.key, value: body.bytes } as const;
  try {
    return await run(expected.value === undefined ? command : { ...command, expected: expected.value }, request, options);
  } finally {
    bodies.give(body.bytes.length);
  }
}

function remove(request: KeyRequest, options: ServiceOptions): Answer | Promise<Answer> {
  const expected = preconditionsOf(request.incoming);
  if (!expected.ok) return badRequest(expected.reason);
  if (expected.value === null) return badRequest('If-None-Match: * makes no sense for a DELETE');
  const command = { type: 'delete', key: request.key } as const;
  return run(expected.value === undefined ? command : { ...command, expected: expected.value }, request, options);
}

async function run(command: KvCommand, { gone }: KeyRequest, { node, maxValueBytes, requestTimeoutMs }: ServiceOptions): Promise<Answer> {
  const outcome = await write(node, encodeCommand(command), { timeoutMs: requestTimeoutMs, signal: gone });
  if (outcome.type === 'unavailable')
    return outcome.code === 'tooLarge' ? valueTooLarge(maxValueBytes) : unavailable(outcome, node.status());
  if (outcome.type === 'unknown') return unknownOutcome(outcome.code);
  const { result } = outcome;
  switch (result.type) {
    case 'stored':
      return jsonAnswer<StoredAnswer>(200, { revision: result.revision }, { ETag: entityTag(result.revision) });
    case 'deleted':
      return jsonAnswer<DeletedAnswer>(200, { deleted: result.deleted });
    case 'conflict':
      return jsonAnswer<ConflictAnswer>(412, { revision: result.revision });
    case 'malformed':
      return badRequest(`the cluster refused the command: ${result.message}`);
  }
}

function health({ node }: ServiceOptions): Answer {
  const status = node.status();
  return status.role === 'stopped' ? unavailable({ code: 'stopped' }, status) : jsonAnswer(200, { status: 'ok' });
}

function ready({ node, readiness }: ServiceOptions): Answer {
  const status = node.status();
  if (status.role === 'stopped') return unavailable({ code: 'stopped' }, status);
  if (status.leaderId === null) return unavailable({ code: 'noLeader' }, status);
  if (!readiness.caughtUp) return unavailable({ code: 'catchingUp' }, status);
  return jsonAnswer(200, { status: 'ready', leaderId: status.leaderId });
}

function statusAnswer(status: NodeStatus): StatusAnswer {
  const { id, storageId, clusterId, role, blank, term, leaderId, commitIndex, lastApplied, durableIndex } = status;
  const { firstIndex, lastIndex, snapshotIndex, configuration, forming } = status;
  const notice = noticeOf(status);
  const places = { commitIndex, lastApplied, durableIndex, firstIndex, lastIndex, snapshotIndex };
  return { id, storageId, clusterId, role, blank, notice, term, leaderId, ...places, configuration, forming };
}

function preconditionsOf({ headers }: IncomingMessage): ReturnType<typeof parsePreconditions> {
  return parsePreconditions({ ifMatch: headers['if-match'], ifNoneMatch: headers['if-none-match'] });
}
