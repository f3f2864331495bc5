import type { NodeStatus } from '@raft/core';
import type { ErrorAnswer } from '../api.ts';
import { noticeOf } from './notice.ts';
import type { Unavailable } from './requests.ts';

// Every answer that is no success: { error: a word for programs, message: a sentence for people }.

const retryAfterSeconds = '1';

export function badRequest(message: string): Response {
  return errorResponse(400, { error: 'badRequest', message });
}

export function notFound(message: string): Response {
  return errorResponse(404, { error: 'notFound', message });
}

export function methodNotAllowed(allow: string): Response {
  return errorResponse(405, { error: 'methodNotAllowed', message: `this path takes ${allow}` }, { Allow: allow });
}

/** The connection is closed, since the rest of the body is still on its way. */
export function valueTooLarge(maxValueBytes: number): Response {
  return errorResponse(413, { error: 'tooLarge', message: `a value may have at most ${maxValueBytes} bytes` }, { Connection: 'close' });
}

/** The body broke off: there is nobody to read this, and nothing was proposed. */
export function clientGone(): Response {
  return errorResponse(400, { error: 'badRequest', message: 'the body broke off' }, { Connection: 'close' });
}

/** 503: nothing happened. */
export function unavailable({ code }: { readonly code: Unavailable['code'] | 'catchingUp' | 'starting' }, status?: NodeStatus): Response {
  const notice = status === undefined ? null : noticeOf(status);
  const message = notice === null ? unavailableMessages[code] : `${notice}; nothing happened`;
  return errorResponse(503, { error: code, message }, { 'Retry-After': retryAfterSeconds });
}

const unavailableMessages = {
  noLeader: 'no leader is known; nothing happened, so try again',
  overloaded: 'too many requests wait already; nothing happened, so try again',
  stopped: 'this node has stopped; nothing happened, so try another one',
  closed: 'this node is shutting down; nothing happened, so try another one',
  tooLarge: 'the command is too large; nothing happened',
  catchingUp: 'this node has not caught up yet',
  starting: 'this node is starting; nothing happened, so try again',
} as const;

/** 504: a write that may have happened. */
export function unknownOutcome(code: string): Response {
  return errorResponse(504, {
    error: 'unknownOutcome',
    message: `the outcome is unknown (${code}): the write may have happened, or may still happen`,
  });
}

export function internalError(): Response {
  return errorResponse(500, { error: 'internal', message: 'something unexpected happened in this node; a write may have happened' });
}

function errorResponse(status: number, answer: ErrorAnswer, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(answer), { status, headers: { 'Content-Type': 'application/json', ...headers } });
}
