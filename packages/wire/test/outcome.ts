import { type DecodedFrame, decodeFrame, RaftError, type RaftErrorCode } from '../src/index.ts';

/** What `run` returned, or the code of the RaftError that it threw; any other error goes on. */
export function outcomeOf<T>(run: () => T): { readonly value: T } | { readonly code: RaftErrorCode } {
  try {
    return { value: run() };
  } catch (error) {
    if (error instanceof RaftError) return { code: error.code };
    throw error;
  }
}

/** What bytes that can't be believed may lead to. */
const refusals: readonly RaftErrorCode[] = ['malformed', 'tooLarge', 'unsupportedVersion'];

/** Decodes bytes of any kind: a frame, or one of the three codes. Everything else is an error of the decoder. */
export function decodeAnything(bytes: Uint8Array<ArrayBuffer>): DecodedFrame | undefined {
  const outcome = outcomeOf(() => decodeFrame(bytes));
  if ('value' in outcome) return outcome.value;
  if (!refusals.includes(outcome.code)) throw new Error(`a decoder must not answer ${outcome.code}`);
  return undefined;
}
