import type { NodeStatus } from '@raft/core';
import type { Bytes } from '@raft/wire';
import type { ErrorAnswer } from '../api.ts';
import { noticeOf } from './notice.ts';
import type { Unavailable } from './requests.ts';

/** What the server says to a request. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Bytes;
}

const retryAfterSeconds = '1';

/** `value` as JSON, on a line of its own for those who type curl. */
export function jsonAnswer<Value>(status: number, value: Value, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body: `${JSON.stringify(value)}\n` };
}

export function badRequest(message: string): Answer {
  return errorAnswer(400, { error: 'badRequest', message });
}

/** To bytes that are no request: 400, 408 or 431, by what the parser says. */
export function notHttp(code: string | undefined): Answer {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return errorAnswer(431, { error: 'badRequest', message: 'the headers are too large' });
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return errorAnswer(408, { error: 'badRequest', message: 'the request did not come in time' });
    default:
      return badRequest('the bytes that came are no valid HTTP request');
  }
}

export function notFound(message: string): Answer {
  return errorAnswer(404, { error: 'notFound', message });
}

export function methodNotAllowed(allow: string): Answer {
  return errorAnswer(405, { error: 'methodNotAllowed', message: `this path takes ${allow}` }, { Allow: allow });
}

export function valueTooLarge(maxValueBytes: number): Answer {
  return errorAnswer(413, { error: 'tooLarge', message: `a value may have at most ${maxValueBytes} bytes` });
}

/** 503: nothing happened. */
export function unavailable({ code }: { readonly code: keyof typeof unavailableMessages }, status?: NodeStatus): Answer {
  const notice = status === undefined ? null : noticeOf(status);
  const message = notice === null ? unavailableMessages[code] : `${notice}; nothing happened`;
  return errorAnswer(503, { error: code, message }, { 'Retry-After': retryAfterSeconds });
}

const unavailableMessages = {
  noLeader: 'no leader is known; nothing happened, so try again',
  overloaded: 'too many requests wait already; nothing happened, so try again',
  stopped: 'this node has stopped; nothing happened, so try another one',
  closed: 'this node is shutting down; nothing happened, so try another one',
  tooLarge: 'the command is too large; nothing happened',
  catchingUp: 'this node has not caught up yet',
  starting: 'this node is starting; nothing happened, so try again',
} as const satisfies Record<Unavailable['code'] | 'catchingUp' | 'starting', string>;

/** 504: a write that may have happened. */
export function unknownOutcome(code: string): Answer {
  return errorAnswer(504, {
    error: 'unknownOutcome',
    message: `the outcome is unknown (${code}): the write may have happened, or may still happen`,
  });
}

/** 500: a bug. */
export function internalError(): Answer {
  return errorAnswer(500, { error: 'internal', message: 'something unexpected happened in this node; a write may have happened' });
}

function errorAnswer(status: number, answer: ErrorAnswer, headers: Readonly<Record<string, string>> = {}): Answer {
  return jsonAnswer(status, answer, headers);
}
