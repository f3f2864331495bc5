import type { Runner } from './runner.ts';
import { testClose, testConnections, testPeers } from './transport-connections.ts';
import type { TransportFixture } from './transport-fixture.ts';
import { testIdentities } from './transport-identities.ts';
import { testDrops, testMessages } from './transport-messages.ts';
import { type DeclareTest, inWorld } from './transport-world.ts';

export interface TransportSuiteOptions {
  readonly runner: Runner;
  /** The transport's name, for the report. */
  readonly name: string;
  /** Called for each test. */
  createFixture(): TransportFixture;
  /** How long to wait for what must happen. Default 10,000; a transport that keeps the contract needs a fraction. */
  readonly patienceMs?: number;
}

/** Tells whether a transport keeps the contract of `Transport` in `@raft/core`. */
export function transportSuite(options: TransportSuiteOptions): void {
  const { runner, name, createFixture, patienceMs = 10_000 } = options;
  const test: DeclareTest = (title, body) => runner.test(title, () => inWorld({ fixture: createFixture(), patienceMs }, body));
  runner.describe(`${name} keeps the contract of a transport`, () => {
    testConnections(test);
    testPeers(test);
    testMessages(test);
    testDrops(test);
    testIdentities(test);
    testClose(test);
  });
}
