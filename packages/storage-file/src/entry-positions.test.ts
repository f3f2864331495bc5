import { TermOutline } from '@raft/core/storages';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../test/random.ts';
import { EntryPositions } from './entry-positions.ts';

interface Placed {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
  readonly term: number;
}

describe('positions and terms of the log', () => {
  test('agree with a plain map, whatever is appended, truncated and compacted', () => {
    for (let seed = 1; seed <= 30; seed += 1) agree(seed);
  });
});

function agree(seed: number): void {
  const random = seededRandom(seed);
  const positions = new EntryPositions();
  const outline = new TermOutline();
  const model = new Map<number, Placed>();
  let [first, last, segment, offset, term] = [1, 0, 1, 0, 1];
  const both = (index: number, action: 'truncateFrom' | 'compact' | 'reset') => {
    positions[action](index);
    outline[action](index);
  };
  for (let step = 0; step < 300; step += 1) {
    const kind = random.below(100);
    if (kind < 70) {
      if (random.chance(0.02)) [segment, offset] = [segment + 1, 0];
      if (random.chance(0.05)) term += 1;
      offset += 80;
      const count = 1 + random.below(8);
      for (let batchRest = count; batchRest > 0; batchRest -= 1) {
        const length = 40 + random.below(9000);
        last += 1;
        positions.append({ segment, offset, length, batchRest });
        outline.append(term);
        model.set(last, { segment, offset, length, term });
        offset += length;
      }
    } else if (kind < 85) {
      const from = Math.max(first, last - random.below(10));
      both(from, 'truncateFrom');
      for (let index = from; index <= last; index += 1) model.delete(index);
      last = Math.min(last, from - 1);
    } else if (kind < 98) {
      const through = first + random.below(Math.max(1, last - first + 3)) - 1;
      if (through > last) continue;
      both(through, 'compact');
      for (let index = first; index <= through; index += 1) model.delete(index);
      first = Math.max(first, through + 1);
    } else {
      last += 5;
      first = last + 1;
      both(last, 'reset');
      model.clear();
    }
    check(seed, { positions, outline, model, first, last });
  }
}

interface Checked {
  readonly positions: EntryPositions;
  readonly outline: TermOutline;
  readonly model: ReadonlyMap<number, Placed>;
  readonly first: number;
  readonly last: number;
}

function check(seed: number, { positions, outline, model, first, last }: Checked): void {
  // One expectation for all: each of them costs microseconds, and there are many indices.
  const wrong: string[] = [];
  const ends = [positions.firstIndex, positions.lastIndex, outline.firstIndex, outline.lastIndex].join();
  if (ends !== [first, last, first, last].join()) wrong.push(`ends ${ends} for ${first}, ${last}`);
  let next = first;
  for (const region of positions.regions({ from: first, to: last, maxBytes: Number.POSITIVE_INFINITY })) {
    for (let index = Math.max(first, region.index); index <= region.through; index += 1) {
      const { segment = 0, offset = 0, length = 0 } = model.get(index) ?? {};
      const isInside = segment === region.segment && offset >= region.offset && offset + length <= region.end;
      if (index !== next || !isInside) wrong.push(`entry ${index}`);
      next += 1;
    }
  }
  if (next !== last + 1) wrong.push(`regions end at ${next}`);
  for (const index of [first - 1, first, last, last + 1, Math.floor((first + last) / 2)]) {
    if (outline.termAt(index) !== model.get(index)?.term) wrong.push(`term of ${index}`);
  }
  expect(wrong, `seed ${seed}`).toEqual([]);
}
