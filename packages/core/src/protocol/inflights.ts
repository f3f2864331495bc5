/** The AppendEntries under way to one follower: a window by count and by bytes (thesis §10.2.2). */
export class Inflights {
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  /** In sending order; lastIndex rises strictly. */
  #open: { readonly lastIndex: number; readonly bytes: number }[] = [];
  /** Sum over #open. */
  #bytes = 0;

  constructor(limits: { readonly maxInflightMessages: number; readonly maxInflightBytes: number }) {
    this.#maxMessages = limits.maxInflightMessages;
    this.#maxBytes = limits.maxInflightBytes;
  }

  get count(): number {
    return this.#open.length;
  }

  /** A message larger than the whole window may go when nothing else is under way. */
  get full(): boolean {
    return this.#open.length >= this.#maxMessages || this.#bytes >= this.#maxBytes;
  }

  add(message: { readonly lastIndex: number; readonly bytes: number }): void {
    this.#open.push(message);
    this.#bytes += message.bytes;
  }

  /** The follower holds everything up to `index`. */
  acknowledge(index: number): void {
    let settled = 0;
    for (const message of this.#open) {
      if (message.lastIndex > index) break;
      this.#bytes -= message.bytes;
      settled++;
    }
    if (settled > 0) this.#open.splice(0, settled);
  }

  clear(): void {
    this.#open = [];
    this.#bytes = 0;
  }
}
