// From a bare clone to a running program: `npm start`, `npm run demo` and `npm test` come here, on whatever Node the machine has.
// Installs with the pinned pnpm, then runs the program under the pinned Node. Plain JavaScript without dependencies: nothing is installed yet.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const programs = { start: 'apps/demo/src/start.ts', demo: 'apps/demo/src/demo.ts', test: '.config/test.ts' };
const pinnedNode = join(root, 'node_modules', 'node', 'bin', 'node');
const stampFile = join(root, 'node_modules', '.raft-install.json');

/** The child of the moment: signals go to it, and we end when it has ended. */
let child;
let interrupted;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interrupted ??= signal;
    child?.kill(signal);
  });
}

// Whoever kills npm with -9 means all of us. No signal tells of it, but orphans get another parent.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) child?.kill('SIGTERM');
}, 1000).unref();

const [, , name, ...rest] = process.argv;
const program = programs[name];
if (program === undefined) fail(`Unknown program ${JSON.stringify(name)}: use one of ${Object.keys(programs).join(', ')}.`, 2);
try {
  const pnpmFolder = await install();
  const status = await run(pinnedNode, [join(root, program), ...rest], {
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: [dirname(pinnedNode), join(root, 'node_modules', '.bin'), pnpmFolder, process.env.PATH].join(delimiter),
      // Each process of ours starts in half the time when the sources are already stripped of their types.
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'node'),
    },
  });
  process.exitCode = status.code;
} catch (error) {
  fail(error instanceof Error ? error.message : String(error), 1);
}

/** Installs what the lockfile says, unless that stands already. Returns the folder of the pnpm that did. */
async function install() {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const pnpm = manifest.packageManager.replace(/[+].*$/, '');
  const stamp = readStamp();
  if (stamp?.fingerprint === fingerprintOf(pnpm) && existsSync(pinnedNode) && existsSync(join(stamp.pnpmFolder, 'pnpm')))
    return stamp.pnpmFolder;

  rmSync(stampFile, { force: true });
  const stopProgress = showProgress(`Installing with ${pnpm}`);
  try {
    await capture(
      'npx',
      ['--yes', pnpm, 'install', '--frozen-lockfile', '--reporter=append-only', '--config.confirm-modules-purge=false'],
      'Installing failed',
    );
    const found = await capture('npx', ['--yes', '--package', pnpm, '-c', 'command -v pnpm'], 'pnpm was not found after installing');
    const pnpmFolder = dirname(found.trim().split('\n').at(-1) ?? '');
    // An install that was interrupted between unpacking and the install script counts as done: make up for the script.
    if (!existsSync(pinnedNode)) await capture('npx', ['--yes', pnpm, 'rebuild', 'node'], 'Building the pinned Node failed');
    if (!existsSync(pinnedNode)) {
      throw new Error(
        'The pinned Node was not installed: its install script did not run. If "ignore-scripts" is set for npm or pnpm, unset it, remove node_modules and try again.',
      );
    }
    execFileSync(pinnedNode, ['--version'], { stdio: ['ignore', 'ignore', 'inherit'] });
    mkdirSync(dirname(stampFile), { recursive: true });
    writeFileSync(stampFile, JSON.stringify({ fingerprint: fingerprintOf(pnpm), pnpmFolder }));
    return pnpmFolder;
  } finally {
    stopProgress();
  }
}

/** Everything that an install depends on: lockfile, manifests, machine and place. */
function fingerprintOf(pnpm) {
  const hash = createHash('sha256').update([pnpm, process.platform, process.arch, root].join('\0'));
  const manifests = ['packages', 'apps'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .sort()
      .map((entry) => join(folder, entry, 'package.json')),
  );
  for (const file of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests]) {
    if (!existsSync(join(root, file))) continue;
    hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
    // An installed package without its node_modules was tampered with (`git clean`, a half-removed tree).
    hash.update(existsSync(join(root, dirname(file), 'node_modules')) ? 'installed' : 'missing');
  }
  return hash.digest('hex');
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return undefined;
  }
}

/** One line that says what takes so long; on a terminal it counts the seconds. */
function showProgress(text) {
  const began = Date.now();
  if (!process.stderr.isTTY) {
    process.stderr.write(`${text} …\n`);
    return () => process.stderr.write(`${text} took ${Math.round((Date.now() - began) / 1000)} s\n`);
  }
  const show = () => process.stderr.write(`\r\x1b[2K${text} … ${Math.round((Date.now() - began) / 1000)} s`);
  const timer = setInterval(show, 1000);
  show();
  return () => {
    clearInterval(timer);
    process.stderr.write('\r\x1b[2K');
  };
}

/** Runs a command quietly; resolves to its output, and throws one sentence and that output's end when it fails. */
async function capture(command, args, whatFailed) {
  let stdout = '';
  let all = '';
  const status = await run(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: process.env }, (started) => {
    started.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      all += text;
    });
    started.stderr.setEncoding('utf8').on('data', (text) => {
      all += text;
    });
  });
  if (status.code === 0) return stdout;
  throw new Error(
    `${whatFailed} (${command} ${args.slice(0, 3).join(' ')} ended with ${status.code}). Its last words:\n\n${all.trim().split('\n').slice(-25).join('\n')}`,
  );
}

/** Runs a child until it has ended and its output is closed; what a signal ended counts as 128 + its number, as in a shell. */
function run(command, args, options, started) {
  if (interrupted !== undefined) process.exit(128 + constants.signals[interrupted]);
  return new Promise((resolve, reject) => {
    child = spawn(command, args, { cwd: root, ...options });
    started?.(child);
    child.once('error', (error) => reject(new Error(`${command} could not be started: ${error.message}`)));
    child.once('close', (code, signal) => {
      child = undefined;
      resolve({ code: code ?? 128 + constants.signals[signal] });
    });
  });
}

function fail(message, code) {
  if (interrupted !== undefined) process.exit(128 + constants.signals[interrupted]);
  process.stderr.write(`\n${message}\n`);
  process.exit(code);
}
