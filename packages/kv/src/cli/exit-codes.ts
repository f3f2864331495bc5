import type { RaftErrorCode } from '@raft/wire';

/** What the exit of `raft-kv` says; the table in the README explains each. */
export const exitCodes = {
  ok: 0,
  /** `serve`: something unexpected. Client commands: the answer is no (no such key, another revision). */
  failed: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** `serve` refuses this data: starting again won't help, and must not be tried blindly. */
  refused: 3,
  /** Something around the program that may pass: a port in use, a permission, a full disk, no leader. Nothing happened. */
  environment: 4,
  /** Client commands: the write may have happened. */
  unknownOutcome: 5,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const byErrorCode: Partial<Record<RaftErrorCode, ExitCode>> = {
  invalidArgument: exitCodes.usage,
  tooLarge: exitCodes.usage,
  damaged: exitCodes.refused,
  foreignData: exitCodes.refused,
  identityMismatch: exitCodes.refused,
  locked: exitCodes.refused,
  malformed: exitCodes.refused,
  unsupportedVersion: exitCodes.refused,
  addressInUse: exitCodes.environment,
  permissionDenied: exitCodes.environment,
  noSpace: exitCodes.environment,
  storageFailed: exitCodes.environment,
};

export function exitCodeOf(error: unknown): ExitCode {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return byErrorCode[code as RaftErrorCode] ?? exitCodes.failed;
}

/** The error for stderr: one line, or one for each mistake on the command line. */
export function linesOf(error: unknown): readonly string[] {
  const isUsage = exitCodeOf(error) === exitCodes.usage;
  return isUsage && error instanceof Error ? error.message.split('\n') : [sentenceOf(error)];
}

/** The error in one line. */
export function sentenceOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replaceAll(/\s*\n\s*/g, ' ');
}
