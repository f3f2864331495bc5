import type { NodeStatus } from '@raft/core';
import { expect, test } from 'vitest';
import { needBrowser } from '../../../.config/browser/browser.ts';
import { type Tab, TabCluster, until } from './tab.ts';

// Two servers and a tab, which is the third voter. Each test has a cluster and a browser of its own.

/** What a storage must bring back. */
const kept = ({ storageId, clusterId, blank }: NodeStatus) => ({ storageId, clusterId, blank });

test('a tab and two servers form a cluster: the tab follows, applies, proposes and reads', async (context) => {
  needBrowser(context);
  await using cluster = await TabCluster.start();
  const tab = await cluster.open();
  expect(tab.atStart).toMatchObject({ blank: true, term: 0, lastIndex: 0 });
  await tab.until((status) => status.leaderId !== null);
  expect(await cluster.add(5)).toBe(5);
  await tab.untilTotal(5);
  expect(await tab.add(7)).toMatchObject({ outcome: 'committed', result: 12 });
  expect(await cluster.add(1, 'n2')).toBe(13);
  expect(await tab.read()).toMatchObject({ outcome: 'served', value: 13 });
  expect((await tab.status()).configuration?.voters.map((voter) => voter.id)).toEqual(['n1', 'n2', 'tab']);
});

test.for([
  { how: 'closed', leave: (_cluster: TabCluster, tab: Tab) => tab.page.close() },
  { how: 'killed with its browser', leave: (cluster: TabCluster) => cluster.kill() },
])('a tab that was $how recovers what it stored and catches up with what the others did meanwhile', async ({ leave }, context) => {
  needBrowser(context);
  await using cluster = await TabCluster.start();
  const first = await cluster.open();
  await first.until((status) => status.leaderId !== null);
  await cluster.add(5);
  await first.add(7);
  const before = await first.until((status) => status.durableIndex === status.lastIndex && status.lastApplied === status.lastIndex);
  await leave(cluster, first);
  // Had the tab led, they must elect one of themselves first.
  await cluster.untilServerLeads();
  expect(await cluster.add(30)).toBe(42);
  const again = await cluster.open();
  expect(kept(again.atStart)).toEqual(kept(before));
  expect(again.atStart.term).toBeGreaterThanOrEqual(before.term);
  expect(again.atStart.lastIndex).toBeGreaterThanOrEqual(before.lastIndex);
  await again.untilTotal(42);
  expect(await again.add(1)).toMatchObject({ outcome: 'committed', result: 43 });
});

test('a tab that was away for long catches up by a snapshot; it takes snapshots of its own', async (context) => {
  needBrowser(context);
  const config = { snapshotEveryEntries: 10, trailingEntries: 2 };
  await using cluster = await TabCluster.start(config);
  const first = await cluster.open({ config });
  await first.until((status) => status.leaderId !== null);
  for (let added = 0; added < 25; added += 1) await cluster.add(1);
  await until(async () => (await first.events('snapshotTaken')).length > 0);
  await first.until((status) => status.snapshotIndex >= 10 && status.firstIndex > 1);
  const before = await first.status();
  await first.page.close();
  await cluster.untilServerLeads();
  for (let added = 0; added < 40; added += 1) await cluster.add(1);
  await until(() => cluster.servers.every((member) => member.status().firstIndex > before.lastIndex + 1));
  const again = await cluster.open({ config });
  expect(kept(again.atStart)).toEqual(kept(before));
  expect(again.atStart.snapshotIndex).toBeGreaterThanOrEqual(before.snapshotIndex);
  await again.untilTotal(65);
  expect(await again.events('snapshotRestored')).not.toHaveLength(0);
  await again.page.close();
  const third = await cluster.open({ config });
  expect(third.atStart.snapshotIndex).toBeGreaterThan(before.lastIndex);
  await third.untilTotal(65);
});

test('a second tab is refused, and takes the place of the first when that is gone', async (context) => {
  needBrowser(context);
  await using cluster = await TabCluster.start();
  const first = await cluster.open();
  await first.until((status) => status.leaderId !== null);
  expect(await cluster.tryOpen()).toBe('locked');
  expect(await first.add(3)).toMatchObject({ outcome: 'committed', result: 3 });
  await first.page.close();
  const second = await cluster.open();
  expect(second.atStart.storageId).toBe(first.atStart.storageId);
  await second.untilTotal(3);
});

test('a tab can lead; a server takes over when it is closed', async (context) => {
  needBrowser(context);
  await using cluster = await TabCluster.start({ electionTimeoutMs: 5000 });
  const tab = await cluster.openLeader({ config: { electionTimeoutMs: 200, heartbeatIntervalMs: 50 } });
  expect(await tab.status()).toMatchObject({ role: 'leader', leaderId: 'tab' });
  expect(await cluster.add(5, 'n1')).toBe(5);
  expect(await cluster.add(7, 'n2')).toBe(12);
  expect(await tab.add(8)).toMatchObject({ outcome: 'committed', result: 20 });
  expect(await tab.read()).toMatchObject({ outcome: 'served', value: 20 });
  await tab.page.close();
  await cluster.untilServerLeads();
  expect(await cluster.add(1, 'n1')).toBe(21);
});
