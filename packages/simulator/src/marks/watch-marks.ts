import type { Observer } from '../invariants/observer.ts';
import { oracleOf } from '../invariants/oracle.ts';
import type { MarkWatcher } from './mark-watcher.ts';
import { Scene } from './scene.ts';
import { marks } from './table.ts';

/** Counts, for one history, how often each mark was reached: also those that were not. */
export function watchMarks(): { readonly observer: Observer; reached(): ReadonlyMap<string, number> } {
  const counts = new Uint32Array(marks.length);
  const scene = new Scene();
  const watchers: readonly MarkWatcher[] = marks.map((mark, at) =>
    mark.watch(scene, () => {
      counts[at] = (counts[at] ?? 0) + 1;
    }),
  );
  scene.attach(watchers);
  return {
    observer: oracleOf([...watchers, scene]),
    reached: () => new Map(marks.map(({ id }, at) => [id, counts[at] ?? 0])),
  };
}

/** Marks that no history has reached, given how often each was reached in all of them. */
export function unreached(counts: ReadonlyMap<string, number>): string[] {
  return marks.map(({ id }) => id).filter((id) => (counts.get(id) ?? 0) === 0);
}
