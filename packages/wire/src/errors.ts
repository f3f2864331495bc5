/**
 * What went wrong, as a word that a program can switch on.
 *
 * Programmer's mistakes (thrown at once): `invalidArgument`, `invariantViolated`.
 * Input that can't be believed: `malformed`, `tooLarge`, `unsupportedVersion`, `identityMismatch`.
 * Storage: `damaged`, `foreignData`, `locked`, `noSpace`, `storageFailed`.
 * Environment: `addressInUse`, `permissionDenied`.
 * Life: `closed`, `stopped`, `aborted`, `timeout`, `stateMachineFailed`.
 * Service: `noLeader`, `notLeader`, `leadershipLost`, `overloaded`.
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
  | 'aborted'
  | 'timeout'
  | 'stateMachineFailed'
  | 'noLeader'
  | 'notLeader'
  | 'leadershipLost'
  | 'overloaded';

/** The one error class of this project. Tell errors apart by {@link RaftError.code}, never by `instanceof`. */
export class RaftError extends Error {
  override readonly name = 'RaftError';
  readonly code: RaftErrorCode;

  constructor(code: RaftErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
