/** What a history went through: a check that never had anything to check proves nothing. */
export interface Stats {
  faults: number;
  clockJumps: number;
  /** Histories of clients for which an order was searched and found. */
  searched: number;
  /** Searches that were given up. */
  undecided: number;
  steps: number;
  elections: number;
  formed: number;
  messages: number;
  dropped: number;
  duplicated: number;
  late: number;
  partitions: number;
  crashes: number;
  crashPoints: number;
  pauses: number;
  hidings: number;
  timersSlowed: number;
  wipes: number;
  /** Disks on which bits have flipped. */
  rotten: number;
  stalls: number;
  failedWrites: number;
  writes: number;
  lostWrites: number;
  truncations: number;
  preVotesRejected: number;
  votesRejected: number;
  conflicts: number;
  snapshotsTaken: number;
  snapshotsInstalled: number;
  chunks: number;
  fetches: number;
  compactions: number;
  forwardedProposals: number;
  forwardedReads: number;
  committed: number;
  rejected: number;
  unknown: number;
  overwritten: number;
  readsServed: number;
  readsRejected: number;
}

export function noStats(): Stats {
  return {
    faults: 0,
    clockJumps: 0,
    searched: 0,
    undecided: 0,
    steps: 0,
    elections: 0,
    formed: 0,
    messages: 0,
    dropped: 0,
    duplicated: 0,
    late: 0,
    partitions: 0,
    crashes: 0,
    crashPoints: 0,
    pauses: 0,
    hidings: 0,
    timersSlowed: 0,
    wipes: 0,
    rotten: 0,
    stalls: 0,
    failedWrites: 0,
    writes: 0,
    lostWrites: 0,
    truncations: 0,
    preVotesRejected: 0,
    votesRejected: 0,
    conflicts: 0,
    snapshotsTaken: 0,
    snapshotsInstalled: 0,
    chunks: 0,
    fetches: 0,
    compactions: 0,
    forwardedProposals: 0,
    forwardedReads: 0,
    committed: 0,
    rejected: 0,
    unknown: 0,
    overwritten: 0,
    readsServed: 0,
    readsRejected: 0,
  };
}
