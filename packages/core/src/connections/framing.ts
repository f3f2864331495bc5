import { type Bytes, decodeFrameHeader, frameHeaderBytes, maxFrameBytes, RaftError } from '@raft/wire';

const nothing: Bytes = new Uint8Array();

/**
 * Cuts a stream of bytes into frames: `push` a chunk, then take frames with `next` until there is none.
 *
 * Each frame has a buffer of its own, so that entries, which are views into it, neither change when a chunk's buffer is used again nor keep
 * the whole chunk in memory. Every byte is copied once, however the stream was split.
 */
export class FrameDecoder {
  /** Longer frames are refused, as soon as their header is there. May change at any time. */
  maxFrameBytes: number;
  #chunk: Bytes = nothing;
  #position = 0;
  /** A header that is still in parts. */
  readonly #header: Bytes = new Uint8Array(frameHeaderBytes);
  #headerFilled = 0;
  /** A frame whose header was checked. Invariant: then #headerFilled is 0. */
  #frame: Bytes | undefined;
  #frameFilled = 0;

  constructor(options: { readonly maxFrameBytes?: number } = {}) {
    this.maxFrameBytes = options.maxFrameBytes ?? maxFrameBytes;
  }

  /** Bytes that are held of a frame that isn't whole yet. */
  get heldBytes(): number {
    return this.#headerFilled + this.#frameFilled;
  }

  /** Gives the next bytes of the stream. They are read by the calls of `next` that follow, and not kept beyond the one that gives undefined. */
  push(chunk: Bytes): void {
    if (this.#position < this.#chunk.length) throw new RaftError('invariantViolated', 'a chunk was pushed before the last one was used up');
    this.#chunk = chunk;
    this.#position = 0;
  }

  /**
   * The next whole frame, undefined when more bytes are needed.
   *
   * @throws RaftError `malformed`, `unsupportedVersion` or `tooLarge`: the stream can't be followed any further.
   */
  next(): Bytes | undefined {
    const frame = this.#frame ?? this.#beginFrame();
    if (frame === undefined) return this.#needMore();
    this.#frameFilled += this.#copyTo(frame, this.#frameFilled);
    if (this.#frameFilled < frame.length) return this.#needMore();
    this.#frame = undefined;
    this.#frameFilled = 0;
    return frame;
  }

  /** Checks the header before a buffer is made, and before the body has come. */
  #beginFrame(): Bytes | undefined {
    // Most headers come whole: then nothing is copied twice.
    const isWhole = this.#headerFilled === 0 && this.#chunk.length - this.#position >= frameHeaderBytes;
    if (!isWhole) {
      this.#headerFilled += this.#copyTo(this.#header, this.#headerFilled);
      if (this.#headerFilled < frameHeaderBytes) return undefined;
    }
    const header = isWhole ? decodeFrameHeader(this.#chunk, this.#position) : decodeFrameHeader(this.#header, 0);
    const length = frameHeaderBytes + header.length;
    if (length > this.maxFrameBytes)
      throw new RaftError('tooLarge', `a frame of ${length} bytes came where ${this.maxFrameBytes} are allowed`);
    const frame = new Uint8Array(length);
    if (!isWhole) frame.set(this.#header);
    this.#frame = frame;
    this.#frameFilled = this.#headerFilled;
    this.#headerFilled = 0;
    return frame;
  }

  #copyTo(target: Bytes, offset: number): number {
    const end = Math.min(this.#chunk.length, this.#position + target.length - offset);
    const part = this.#chunk.subarray(this.#position, end);
    target.set(part, offset);
    this.#position = end;
    return part.length;
  }

  #needMore(): undefined {
    this.#chunk = nothing;
    this.#position = 0;
    return undefined;
  }
}

/** Frames that wait to be written, joined into one buffer when they are: one write for many frames costs what one frame's does. */
export class FrameBatch {
  #frames: Bytes[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get frameCount(): number {
    return this.#frames.length;
  }

  add(frame: Bytes): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
  }

  /** Everything that waits, in order; empties the batch. */
  take(): Bytes {
    const frames = this.#frames;
    const [first] = frames;
    const bytes = frames.length === 1 && first ? first : join(frames, this.#bytes);
    this.#frames = [];
    this.#bytes = 0;
    return bytes;
  }
}

function join(frames: readonly Bytes[], length: number): Bytes {
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const frame of frames) {
    joined.set(frame, offset);
    offset += frame.length;
  }
  return joined;
}
