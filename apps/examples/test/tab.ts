import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfigInput, NodeStatus, ProposeOutcome, RaftEvent, RaftNode, ReadOutcome } from '@raft/core';
import type { Page } from 'playwright-core';
import { vi } from 'vitest';
import { type Browser, launchBrowser } from '../../../.config/browser/browser.ts';
import { bundle } from '../../../.config/browser/serve-page.ts';
import { type Site, startSite } from '../src/browser/site.ts';
import type { MemberOptions } from './fixtures/member-page.ts';

/** Looks again until it is so; what the tests wait for has no other bound than this. */
export const until = <Found>(probe: () => Found | Promise<Found>): Promise<Exclude<NonNullable<Found>, false>> =>
  vi.waitUntil(probe, { timeout: 40_000, interval: 20 }) as Promise<Exclude<NonNullable<Found>, false>>;

/** The member in a page. */
export class Tab {
  readonly page: Page;
  /** Its state when it had started and heard from nobody yet. */
  readonly atStart: NodeStatus;

  constructor(page: Page, atStart: NodeStatus) {
    this.page = page;
    this.atStart = atStart;
  }

  status(): Promise<NodeStatus> {
    return this.page.evaluate(() => member.status());
  }

  add(amount: number): Promise<ProposeOutcome<number>> {
    return this.page.evaluate((data) => member.propose(Uint8Array.of(data)), amount);
  }

  read(): Promise<ReadOutcome<number>> {
    return this.page.evaluate(() => member.read());
  }

  /** Resolves to the first state that is so. */
  until(isSo: (status: NodeStatus) => boolean): Promise<NodeStatus> {
    return until(async () => {
      const status = await this.status();
      return isSo(status) && status;
    });
  }

  /** Resolves when what makes this total is applied here. */
  async untilTotal(total: number): Promise<void> {
    await until(async () => {
      const local = await this.page.evaluate(() => member.read(undefined, { consistency: 'local' }));
      return local.outcome === 'served' && local.value === total;
    });
  }

  /** Events of one type so far. */
  events(type: RaftEvent['type']): Promise<RaftEvent[]> {
    return this.page.evaluate((wanted) => memberEvents.filter((event) => event.type === wanted), type);
  }
}

/** The two servers of the example, and browsers that share one profile. */
export class TabCluster implements AsyncDisposable {
  readonly site: Site;
  readonly #folder: string;
  #browser: Browser | undefined;

  private constructor(site: Site, folder: string) {
    this.site = site;
    this.#folder = folder;
  }

  static async start(config?: ConfigInput): Promise<TabCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'raft-tab-'));
    const site = await startSite({ folder: join(folder, 'servers'), port: 0, ...(config && { config }) });
    return new TabCluster(site, folder);
  }

  /** The browser that runs; a new one on the same profile when there is none. */
  async browser(): Promise<Browser> {
    if (this.#browser) return this.#browser;
    const browser = await launchBrowser(join(this.#folder, 'profile'));
    const script = await bundle(new URL('fixtures/member-page.ts', import.meta.url));
    // The document is the site's own: one that comes from nowhere may not connect to this machine.
    await browser.context.route('**/page.js', (route) => route.fulfill({ contentType: 'text/javascript', body: script }));
    this.#browser = browser;
    return browser;
  }

  /** Opens a tab with the member; gives the reason when it can't start. */
  async tryOpen(options: MemberOptions = {}): Promise<Tab | string> {
    const page = await (await this.browser()).open(this.site.url);
    const started = await page.evaluate((given) => startMember(given), options);
    return typeof started === 'string' ? started : new Tab(page, started);
  }

  async open(options?: MemberOptions): Promise<Tab> {
    const tab = await this.tryOpen(options);
    if (typeof tab === 'string') throw new Error(`the tab did not start: ${tab}`);
    return tab;
  }

  /** Opens a tab that follows: one that won the election is closed and opened again once a server has won. */
  async openFollower(options?: MemberOptions): Promise<Tab> {
    const tab = await this.open(options);
    const { leaderId } = await tab.until((status) => status.leaderId !== null);
    if (leaderId !== 'tab') return tab;
    await tab.page.close();
    await this.untilServerLeads();
    return this.openFollower(options);
  }

  /** Opens a tab that leads: a server that won the election is stopped until the tab has won. */
  async openLeader(options: MemberOptions): Promise<Tab> {
    const tab = await this.open(options);
    let { leaderId, term } = await tab.until((status) => status.leaderId !== null);
    while (leaderId === 'n1' || leaderId === 'n2') {
      const winner = leaderId;
      const before = term;
      await this.site.stop(winner);
      ({ leaderId, term } = await tab.until((status) => status.leaderId !== null && status.term > before));
      await this.site.start(winner);
    }
    await until(() => this.servers.every((member) => member.status().leaderId === 'tab'));
    return tab;
  }

  get servers(): RaftNode<number, void, number>[] {
    return [...this.site.members.values()];
  }

  /** Waits until both servers follow one of them. */
  async untilServerLeads(): Promise<void> {
    await until(() => this.servers.every((member) => ['n1', 'n2'].includes(member.status().leaderId ?? '')));
  }

  /** Adds by way of a server; resolves to the total. */
  async add(amount: number, id: 'n1' | 'n2' = 'n1'): Promise<number> {
    const done = await this.site.members.get(id)?.propose(Uint8Array.of(amount));
    if (done?.outcome !== 'committed') throw new Error(`${id} did not add ${amount}: ${JSON.stringify(done)}`);
    return done.result;
  }

  /** SIGKILL to the browser. */
  async kill(): Promise<void> {
    await this.#browser?.kill();
    this.#browser = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser?.close();
    await this.site[Symbol.asyncDispose]();
    // Processes of a browser that was killed may still end.
    rmSync(this.#folder, { recursive: true, maxRetries: 5 });
  }
}
