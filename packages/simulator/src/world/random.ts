/** One stream of chance: sfc32, 32-bit integer operations only, so that every engine draws the same numbers. */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** One seed gives one independent stream per concern: a change in one concern leaves the draws of the others alone. */
  constructor(seed: number, concern: string) {
    let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
    for (let at = 0; at < concern.length; at++) hash = Math.imul(hash ^ concern.charCodeAt(at), 0x01000193);
    this.a = hash | 0;
    this.b = Math.imul(hash, 0xc2b2ae35) ^ seed;
    this.c = ~seed;
    for (let round = 0; round < 12; round++) this.u32();
  }

  u32(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum;
    this.c |= 0;
    return sum >>> 0;
  }

  /** In [0, 1). */
  fraction(): number {
    return this.u32() / 0x1_0000_0000;
  }

  /** A whole number from low to high, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return probability > 0 && this.fraction() < probability;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error('picked from nothing');
    return items[Math.floor(this.fraction() * items.length)] as T;
  }

  /** Mostly near `mean`, now and then four times that: a tail without a transcendental function. */
  tailed(mean: number): number {
    const first = this.fraction();
    const second = this.fraction();
    return Math.floor(mean * (0.3 + first + (second > 0.9 ? (second - 0.9) * 40 * first : 0)));
  }

  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    const drawn: T[] = [];
    while (left.length > 0) drawn.push(...left.splice(Math.floor(this.fraction() * left.length), 1));
    return drawn;
  }
}
