import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startSite } from './site.ts';

const usage = `pnpm example browser [options]   two members here, the third in a tab of your browser

  --port PORT    of the page, and of the servers' WebSockets   (default 8090)
  --data DIR     where the two servers keep their data         (default ./data/browser-example)
  --fresh        forget that data: a new cluster
  --no-open      only print where the page is`;

/** `pnpm example browser`, until Ctrl-C. */
export async function run(args: readonly string[]): Promise<void> {
  try {
    await serve(args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

async function serve(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      port: { type: 'string', default: '8090' },
      data: { type: 'string', default: fileURLToPath(new URL('../../../../data/browser-example', import.meta.url)) },
      fresh: { type: 'boolean', default: false },
      open: { type: 'boolean', default: true },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  // The terminal sends a Ctrl-C to pnpm too, which passes it on: later ones change nothing.
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  const port = portOf(values.port);
  await using site = await startSite({ folder: values.data, port, fresh: values.fresh }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE' ? new Error(`Port ${port} is taken: choose another one with --port.`) : error;
  });
  console.log(`Two members run here, the third in this page:  ${site.url}`);
  console.log(`Add to the total from here:  curl -X POST ${site.url}add/5`);
  console.log('Ctrl-C stops the servers and keeps their data.');
  if (values.open) openBrowser(site.url);
  await interrupted;
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) throw new Error(`--port takes a number from 0 to 65535, not ${JSON.stringify(text)}.`);
  return port;
}

/** Where nothing opens, the address was printed. */
function openBrowser(url: string): void {
  const command = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? 'xdg-open';
  spawn(command, [url], { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref();
}
