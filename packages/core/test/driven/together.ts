import { expect } from 'vitest';
import { Driven, type DrivenOptions, electionTimeoutMs } from './driven.ts';

/** Delivers whatever these nodes send each other, until nobody says anything more; what goes to others is lost. */
export function exchange(...nodes: readonly Driven[]): void {
  for (let round = 0; round < 200; round++) {
    const letters = nodes.flatMap((node) => node.sent.splice(0).map((outgoing) => ({ from: node.id, ...outgoing })));
    if (letters.length === 0) return;
    for (const { from, to, message } of letters) nodes.find((node) => node.id === to.id)?.receive(from, message);
  }
  throw new Error('they do not come to rest');
}

/** Lets time pass for all, without a message getting through. */
export function passForAll(nodes: readonly Driven[], milliseconds: number): void {
  for (const node of nodes) {
    node.pass(milliseconds);
    node.sent.splice(0);
  }
}

/** Makes `candidate` campaign, and lets it talk with these others until all is said. */
export function elect(candidate: Driven, ...others: readonly Driven[]): void {
  for (const other of others) {
    other.now += 2 * electionTimeoutMs;
    other.sent.splice(0);
  }
  candidate.sent.splice(0);
  for (let tenth = 0; tenth < 50 && !asksForVotes(candidate); tenth++) candidate.pass(electionTimeoutMs / 10);
  exchange(candidate, ...others);
}

export function asksForVotes({ sent }: Driven): boolean {
  return sent.some(({ message }) => message.type === 'PreVote' || message.type === 'RequestVote');
}

/** Nodes a, b and c, and no leader yet. */
export function three(options: DrivenOptions = {}): readonly [Driven, Driven, Driven] {
  return [new Driven('a', options), new Driven('b', options), new Driven('c', options)];
}

/** Nodes a, b and c, of which a leads term 2. */
export function lead(options: DrivenOptions = {}): readonly [Driven, Driven, Driven] {
  const nodes = three(options);
  const [a, ...others] = nodes;
  elect(a, ...others);
  expect(a.status).toMatchObject({ role: 'leader', term: 2 });
  return nodes;
}

/** Has been granted the pre-votes of all other voters: it is a candidate, and nobody has answered. */
export function candidateOf(id: string, { voters = ['a', 'b', 'c'], ...options }: DrivenOptions = {}): Driven {
  const node = new Driven(id, { voters, ...options });
  node.pass(2 * electionTimeoutMs);
  const { round, term } = node.take('PreVote').at(-1)?.message ?? { round: -1, term: -1 };
  for (const voter of voters) if (voter !== id) node.receive(voter, { type: 'PreVoteReply', term, round, granted: true });
  expect(node.status.role).toBe('candidate');
  return node;
}
