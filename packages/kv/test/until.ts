import { setTimeout as delay } from 'node:timers/promises';

const deadlineMs = 40_000;
const pollMs = 20;

/** Looks again and again until there is something, and says what was missing if that takes too long. */
export async function until<Found>(what: string, probe: () => Found | Promise<Found>): Promise<Exclude<NonNullable<Found>, false>> {
  const giveUpAt = performance.now() + deadlineMs;
  let last: unknown;
  while (performance.now() < giveUpAt) {
    try {
      const found = await probe();
      if (found !== undefined && found !== null && found !== false) return found as Exclude<NonNullable<Found>, false>;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await delay(pollMs);
  }
  throw new Error(`waited in vain for: ${what}`, { cause: last });
}
