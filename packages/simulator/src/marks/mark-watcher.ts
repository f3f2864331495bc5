import type { Identity, Vitals } from '@raft/core';
import type { Message } from '@raft/wire';
import type { Observer, Subject } from '../invariants/observer.ts';

/** What a node did with one event, as seen from outside. One object for all of them: keep nothing of it. */
export interface Handled {
  readonly before: Vitals;
  readonly after: Vitals;
  /** Undefined when the event was another one, or when several messages were handled in one turn. */
  readonly message: Message | undefined;
  readonly from: Identity | undefined;
}

type MessageOf<Type extends Message['type']> = Extract<Message, { readonly type: Type }>;

/** By type of message, since most marks look at one of them: a step costs only those that it concerns. */
export type Heard = { readonly [Type in Message['type']]?: (node: Subject, message: MessageOf<Type>, handled: Handled) => void };
export type Says = { readonly [Type in Message['type']]?: (node: Subject, message: MessageOf<Type>, to: string) => void };

/** All hooks are told before the scene records what happened. */
export interface MarkWatcher extends Omit<Observer, 'stepped' | 'sends'> {
  /** The node has handled this message. */
  readonly heard?: Heard;
  /** The node's role or term changed. */
  turned?(node: Subject, handled: Handled): void;
  /** The node's commit index rose. */
  committed?(node: Subject, handled: Handled): void;
  /** A message leaves. */
  readonly says?: Says;
}
