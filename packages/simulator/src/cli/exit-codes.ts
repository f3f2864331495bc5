/** What the exit of `raft-sim` says. */
export const exitCodes = {
  ok: 0,
  /** A seed failed, or a campaign was too thin to count. */
  failed: 1,
  /** The command line is wrong, or a file is not what it should be. */
  usage: 2,
  /** Ctrl-C, and nothing had failed until then. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A mistake in what somebody typed or in a file that they named: told in one line, without a stack. */
export class UsageError extends Error {}
