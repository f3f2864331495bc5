import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A browser that runs here, or why there is none. */
export type FoundBrowser = { readonly path: string } | { readonly missing: string };

const applications = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];
const commands = ['google-chrome-stable', 'google-chrome', 'chromium', 'chromium-browser'];

/** A Chrome that is installed (or that CHROME_PATH names), else the Chromium that a development dependency carries. */
export async function findBrowser(): Promise<FoundBrowser> {
  const found = findInstalled() ?? (await unpackCarried());
  if ('missing' in found) return found;
  try {
    await promisify(execFile)(found.path, ['--version']);
    return found;
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    const library = /libraries: (\S+):/.exec(stderr)?.[1];
    const hint = /^lib(nss|nspr|smime|ssl3|plc|plds)/.test(library ?? '') ? ': apt-get install libnss3' : '';
    return { missing: library ? `the browser needs ${library}${hint}` : `${found.path} does not run: ${stderr.trim()}` };
  }
}

function findInstalled(): FoundBrowser | undefined {
  const chosen = process.env['CHROME_PATH'];
  if (chosen !== undefined && chosen !== '') {
    return existsSync(chosen) ? { path: chosen } : { missing: `CHROME_PATH names a file that is not there: ${chosen}` };
  }
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = [...folders.flatMap((folder) => commands.map((command) => join(folder, command))), ...applications];
  const path = candidates.find((candidate) => existsSync(candidate));
  return path === undefined ? undefined : { path };
}

/** Unpacks it once per version. What stands in the final folder is whole: the last step is a rename. */
async function unpackCarried(): Promise<FoundBrowser> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { missing: 'no Chrome is installed, and the one that is carried along is for Linux on x64' };
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    devDependencies: Readonly<Record<string, string>>;
  };
  const version = manifest.devDependencies['@sparticuz/chromium'];
  const folder = fileURLToPath(new URL(`../../node_modules/.cache/chromium-${version}`, import.meta.url));
  const found = { path: join(folder, 'chromium') };
  if (existsSync(found.path)) return found;
  mkdirSync(dirname(folder), { recursive: true });
  const unpacked = mkdtempSync(`${folder}-`);
  const { TMPDIR } = process.env;
  // The package unpacks into the folder for temporary files, and takes what it finds there for its own.
  process.env['TMPDIR'] = unpacked;
  try {
    const { default: chromium } = await import('@sparticuz/chromium');
    await chromium.executablePath();
    renameSync(unpacked, folder);
  } catch (error) {
    rmSync(unpacked, { recursive: true, force: true });
    if (!existsSync(found.path)) throw error;
  } finally {
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
  }
  return found;
}
