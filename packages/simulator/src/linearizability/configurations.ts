/**
 * The configurations that a search has been in: which operations were placed, and the state that they left. One that was seen before leads where it
 * led then, however its operations were ordered (Lowe 2017, §3): without this memory the search takes a time exponential in the number of clients.
 */
export class Configurations {
  /** Word 0: the number of the state. Behind it a bit for each operation. */
  private readonly current: Uint32Array;
  private readonly states = new Map<string, number>();
  private readonly seen = new Map<number, Uint32Array[]>();

  constructor(operations: number) {
    this.current = new Uint32Array(1 + Math.ceil(operations / 32));
  }

  /** Places an operation, which leaves this state. False, and not placed, when that configuration was seen before. */
  enter(operation: number, stateKey: string): boolean {
    this.flip(operation);
    this.current[0] = this.stateNumber(stateKey);
    const hash = this.hash();
    const alike = this.seen.get(hash);
    if (alike === undefined) this.seen.set(hash, [this.current.slice()]);
    else if (alike.some((other) => this.equals(other))) this.flip(operation);
    else alike.push(this.current.slice());
    return this.holds(operation);
  }

  /** Takes a placed operation back. */
  leave(operation: number): void {
    this.flip(operation);
  }

  private holds(operation: number): boolean {
    return (((this.current[1 + (operation >>> 5)] ?? 0) >>> (operation & 31)) & 1) === 1;
  }

  private flip(operation: number): void {
    const word = 1 + (operation >>> 5);
    this.current[word] = (this.current[word] ?? 0) ^ (1 << (operation & 31));
  }

  private stateNumber(key: string): number {
    const known = this.states.get(key);
    if (known !== undefined) return known;
    this.states.set(key, this.states.size);
    return this.states.size - 1;
  }

  private hash(): number {
    let hash = 0x811c9dc5;
    for (const word of this.current) hash = Math.imul(hash ^ word ^ (hash >>> 15), 0x01000193);
    return hash;
  }

  private equals(other: Uint32Array): boolean {
    return other.every((word, at) => word === this.current[at]);
  }
}
