import { expect, test } from 'vitest';
import { needBrowser } from '../../../.config/browser/browser.ts';
import { TabCluster, until } from './tab.ts';

// What browsers do to tabs that nobody looks at, done to the member of the example.

/** Servers that elect nobody only because this machine is busy. */
const patient = { electionTimeoutMs: 3000 };

/** SIGSTOP to whatever runs pages, while `body` runs. */
async function frozen(cluster: TabCluster, body: () => Promise<void>): Promise<void> {
  const renderers = await (await cluster.browser()).renderers();
  expect(renderers.length).toBeGreaterThan(0);
  for (const pid of renderers) process.kill(pid, 'SIGSTOP');
  try {
    await body();
  } finally {
    for (const pid of renderers) process.kill(pid, 'SIGCONT');
  }
}

test('a follower that was frozen goes on where it was, and its term does not rise', async (context) => {
  needBrowser(context);
  await using cluster = await TabCluster.start(patient);
  const tab = await cluster.openFollower();
  const { leaderId, term } = await tab.status();
  const leader = cluster.site.members.get(leaderId as 'n1' | 'n2');
  await cluster.add(5);
  await tab.untilTotal(5);
  await frozen(cluster, async () => {
    for (let added = 0; added < 20; added += 1) await cluster.add(1);
    // Longer than the tab's election time-out: the leader has given its connection up.
    await until(() => leader?.status().followers['tab']?.state === 'probe');
    expect(await cluster.add(1)).toBe(26);
  });
  await tab.untilTotal(26);
  expect(await tab.add(4)).toMatchObject({ outcome: 'committed', result: 30 });
  expect(await tab.status()).toMatchObject({ term, leaderId });
  expect(leader?.status()).toMatchObject({ term, role: 'leader' });
});

test('a leader that was frozen finds another one in office, and follows it', async (context) => {
  needBrowser(context);
  await using cluster = await TabCluster.start({ electionTimeoutMs: 2000 });
  const tab = await cluster.openLeader({ config: { electionTimeoutMs: 200, heartbeatIntervalMs: 50 } });
  expect(await cluster.add(5)).toBe(5);
  let term = 0;
  await frozen(cluster, async () => {
    await cluster.untilServerLeads();
    expect(await cluster.add(7)).toBe(12);
    term = cluster.servers[0]?.status().term ?? 0;
  });
  const status = await tab.until(({ leaderId }) => leaderId === 'n1' || leaderId === 'n2');
  expect(status).toMatchObject({ role: 'follower', term });
  await tab.untilTotal(12);
  expect(await tab.add(1)).toMatchObject({ outcome: 'committed', result: 13 });
});

test('a member whose timers fire once a second says so, follows, applies, and campaigns against nobody', async (context) => {
  needBrowser(context);
  await using cluster = await TabCluster.start(patient);
  const tab = await cluster.openFollower({ hidden: true });
  const { term, leaderId } = await tab.status();
  await tab.until((status) => status.timersSlowed);
  expect(await cluster.add(5)).toBe(5);
  await tab.untilTotal(5);
  expect(await tab.add(7)).toMatchObject({ outcome: 'committed', result: 12 });
  expect(await tab.status()).toMatchObject({ term, leaderId, timersSlowed: true });
});
