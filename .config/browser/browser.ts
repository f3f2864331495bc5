import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { inject, type TestContext } from 'vitest';

/** Set where a missing browser is a failure and no reason to skip. */
const requiredVariable = 'RAFT_BROWSER_REQUIRED';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Skips a test by name, with the reason, on a machine that has no browser. */
export function needBrowser(context: Pick<TestContext, 'skip'>): void {
  const found = inject('browser');
  if (!('missing' in found)) return;
  const { missing: reason } = found;
  if (process.env[requiredVariable]) throw new Error(reason);
  context.skip(reason);
}

/** A Chromium whose storage is in a folder of its own, which outlives it. */
export interface Browser extends AsyncDisposable {
  readonly context: BrowserContext;
  /** The process that a user would kill. */
  readonly pid: number;
  /** Opens a page. What it throws and logs goes to this process's stderr. */
  open(url: string): Promise<Page>;
  /** Ids of the processes that run pages. */
  renderers(): Promise<number[]>;
  /** SIGKILL to the browser's process; resolves when it is gone. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a headless Chromium on a profile folder, that of an earlier one too. */
export async function launchBrowser(profile: string): Promise<Browser> {
  const found = inject('browser');
  if ('missing' in found) throw new Error(found.missing);
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: found.path,
    args: flags,
  });
  const processes = async (type: string): Promise<number[]> => {
    const session = await context.browser()?.newBrowserCDPSession();
    const { processInfo = [] } = (await session?.send('SystemInfo.getProcessInfo')) ?? {};
    await session?.detach();
    return processInfo.filter((info) => info.type === type).map((info) => info.id);
  };
  const [pid] = await processes('browser');
  if (pid === undefined) throw new Error('the browser does not tell its process id');
  const close = (): Promise<void> => context.close();
  return {
    context,
    pid,
    open: (url) => openPage(context, url),
    renderers: () => processes('renderer'),
    kill: async () => {
      const closed = context.waitForEvent('close', { timeout: 0 });
      process.kill(pid, 'SIGKILL');
      await closed;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function openPage(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(error));
  page.on('console', (message) => console.error(`the page: ${message.text()}`));
  await page.goto(url);
  return page;
}
