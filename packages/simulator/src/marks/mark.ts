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

export interface MarkWatcher extends Observer {
  /** Told before the scene records `after`. */
  handled?(node: Subject, handled: Handled): void;
}

/** A rare branch that a campaign has to reach: what no history went through, no history has tested. */
export interface Mark {
  readonly id: string;
  readonly what: string;
  /** Where the paper (§) or the thesis speaks of it. */
  readonly paper?: string;
  /** For one history: calls `reach` each time that the branch is reached. Told of each event before the scene records it. */
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
