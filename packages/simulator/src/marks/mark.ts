import type { MarkWatcher } from './mark-watcher.ts';
import type { Scene } from './scene.ts';

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
