import type { Identity, Vitals } from '@raft/core';
import type { Message } from '@raft/wire';
import type { Observer, Subject } from '../invariants/observer.ts';
import type { Scene } from './scene.ts';

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

/** A rare branch that a campaign has to reach: what no history went through, no history has tested. */
export interface Mark {
  readonly id: string;
  readonly what: string;
  /** Where the paper (§) or the thesis speaks of it. */
  readonly paper?: string;
  /** For one history: calls `reach` each time that the branch is reached. */
  watch(scene: Scene, reach: () => void): MarkWatcher;
}

/** A branch of a feature that is not there yet. */
export interface WaitingMark {
  readonly id: string;
  readonly what: string;
  readonly paper?: string;
  readonly waitsFor: string;
}

export type MarkRow = Mark | WaitingMark;
