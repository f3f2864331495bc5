/** How often, by name. */
export type Counts = Readonly<Record<string, number>>;

/** Adds one table of counts to another, in place. */
export function addCounts(sum: Record<string, number>, part: Counts): void {
  for (const [name, count] of Object.entries(part)) sum[name] = (sum[name] ?? 0) + count;
}

/** By name, in the order of names, so that equal tables are equal texts. */
export function inOrder(counts: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).sort(([one], [other]) => (one < other ? -1 : 1)));
}
