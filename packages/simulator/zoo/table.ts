import type { Bug } from './bug.ts';
import { elections } from './bugs/elections.ts';
import { membership } from './bugs/membership.ts';
import { persistence } from './bugs/persistence.ts';
import { reads } from './bugs/reads.ts';
import { replication } from './bugs/replication.ts';
import { snapshots } from './bugs/snapshots.ts';
import { time } from './bugs/time.ts';
import { transfer } from './bugs/transfer.ts';
import { typescript } from './bugs/typescript.ts';

/** Every bug of the catalogue, by its place there; some in several forms. */
export const zoo: readonly Bug[] = [
  ...elections,
  ...replication,
  ...persistence,
  ...snapshots,
  ...membership,
  ...reads,
  ...transfer,
  ...time,
  ...typescript,
];

/** The numbers of the catalogue: none may be missing in the zoo. */
export const catalogueIds: readonly string[] = [
  ...ids('E', '01 02 03 04 06 07 09 09b 11 12 14 15 17 18 20 21 23 24 26 27 29 30 32 33 35'),
  ...ids('R', '01 03 04 06 07 09 10 11 12 13 15 16 18 19 21 22 24 25 27 28 30 31 33 34 36'),
  ...ids('P', '01 03 04 05 06 07 09 10 12 13 15 16 18 19 21'),
  ...ids('S', '01 02 03 04 05 06 07 09 10 12 13 15 16 18 19'),
  ...ids('C', '01 03 04 06 07 09 10 12 13 15 16 18'),
  ...ids('Q', '01 02 03 04 06 07 09 10 11 12 13 15 16 18 19 21'),
  ...ids('T', '01 03 04 06 07 09'),
  ...ids('X', '01 03 04'),
  ...ids('J', '01 03 04 06 07 09 10'),
];

function ids(letter: string, numbers: string): string[] {
  return numbers.split(' ').map((number) => `${letter}${number}`);
}

/** So many bugs, from everywhere in the table, the same ones each time. */
export function spreadOf(bugs: readonly Bug[], count: number): readonly Bug[] {
  const chosen = Math.min(count, bugs.length);
  return Array.from({ length: chosen }, (_, at) => bugs[Math.floor(((at + 0.5) * bugs.length) / chosen)] as Bug);
}
