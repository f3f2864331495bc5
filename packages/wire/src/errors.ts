/**
 * What went wrong, as a word that a program can switch on.
 *
 * Programmer's mistakes (thrown at once): `invalidArgument`, `invariantViolated`.
 * Input that can't be believed: `malformed`, `tooLarge`, `unsupportedVersion`, `identityMismatch`.
 * Storage: `damaged`, `foreignData`, `locked`, `noSpace`, `storageFailed`.
 * Environment: `addressInUse`, `permissionDenied`.
 * Life: `closed`, `stopped`, `stateMachineFailed`.
 *
 * What becomes of a proposal or a read is no error but an outcome, with codes of its own.
 */
export type RaftErrorCode =
  | 'invalidArgument'
  | 'invariantViolated'
  | 'malformed'
  | 'tooLarge'
  | 'unsupportedVersion'
  | 'identityMismatch'
  | 'damaged'
  | 'foreignData'
  | 'locked'
  | 'noSpace'
  | 'storageFailed'
  | 'addressInUse'
  | 'permissionDenied'
  | 'closed'
  | 'stopped'
  | 'stateMachineFailed';

/** The one error class of this project. Tell errors apart by {@link RaftError.code}, never by `instanceof`. */
export class RaftError extends Error {
  override readonly name = 'RaftError';
  readonly code: RaftErrorCode;

  constructor(code: RaftErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
