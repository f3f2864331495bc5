import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fileStorage } from '../src/file-storage.ts';

const childScript = fileURLToPath(new URL('./lock-child.ts', import.meta.url));

type Child = ChildProcessByStdio<Writable, Readable, null>;

let directory = '';
let children: Child[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'raft-lock-'));
  children = [];
});

afterEach(async () => {
  for (const child of children) await killed(child);
  await rm(directory, { recursive: true });
});

/** Another process that opens the folder; gives what it said first. */
async function openElsewhere(folder = directory): Promise<{ child: Child; said: string }> {
  const child = spawn(process.execPath, ['--expose-gc', childScript, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  return { child, said: await nextLine(child) };
}

async function nextLine(child: Child): Promise<string> {
  const [data] = (await once(child.stdout, 'data')) as [Buffer];
  return data.toString().trim();
}

async function killed(child: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

describe('the lock', () => {
  test('keeps another process out, and is free right after kill -9', async () => {
    const { child, said } = await openElsewhere();
    expect(said).toBe('open');
    await expect(fileStorage({ directory }).open()).rejects.toMatchObject({ code: 'locked', message: expect.stringContaining(directory) });
    expect((await openElsewhere()).said).toBe('locked');
    await killed(child);
    const storage = fileStorage({ directory });
    await storage.open();
    expect((await openElsewhere()).said).toBe('locked');
    await storage.close();
    expect((await openElsewhere()).said).toBe('open');
  });

  test('keeps out the same process, by another path too, and a refusal does not weaken it', async () => {
    const storage = fileStorage({ directory });
    await storage.open();
    const other = join(directory, '..', `${directory.split('/').at(-1)}-link`);
    await symlink(directory, other);
    try {
      await expect(fileStorage({ directory }).open()).rejects.toMatchObject({ code: 'locked' });
      await expect(fileStorage({ directory: other }).open()).rejects.toMatchObject({ code: 'locked' });
      expect((await openElsewhere()).said).toBe('locked');
    } finally {
      await rm(other);
      await storage.close();
    }
  });

  test('is not lost to the collection of garbage', async () => {
    const { child } = await openElsewhere();
    child.stdin.write('collect\n');
    expect(await nextLine(child)).toBe('collected');
    await expect(fileStorage({ directory }).open()).rejects.toMatchObject({ code: 'locked' });
  });

  test('of a copy of the folder is another lock', async () => {
    const { child } = await openElsewhere();
    const copy = `${directory}-copy`;
    await promisify(execFile)('cp', ['-r', directory, copy]);
    try {
      const storage = fileStorage({ directory: copy });
      await storage.open();
      await expect(fileStorage({ directory }).open()).rejects.toMatchObject({ code: 'locked' });
      await storage.write({ entries: [], hardState: { currentTerm: 3, votedFor: null } });
      await storage.close();
    } finally {
      await rm(copy, { recursive: true });
      await killed(child);
    }
  });

  test('stops its holder when its file is deleted, since then somebody else can come in', async () => {
    const holder = fileStorage({ directory });
    await holder.open();
    await rm(join(directory, 'lock'));
    const { said } = await openElsewhere();
    expect(said).toBe('open');
    const write = { entries: [], hardState: { currentTerm: 3, votedFor: null } };
    await expect(holder.write(write)).rejects.toMatchObject({ code: 'locked' });
    await expect(holder.write(write)).rejects.toMatchObject({ code: 'locked' });
    await holder.close();
  });

  test('leaves no journal behind', async () => {
    const { child } = await openElsewhere();
    await killed(child);
    expect((await readdir(directory)).filter((name) => name.startsWith('lock'))).toEqual(['lock']);
  });
});

describe('the folder', () => {
  test('is made, with those above it', async () => {
    const storage = fileStorage({ directory: join(directory, 'a', 'b') });
    await storage.open();
    await storage.close();
    expect(await readdir(join(directory, 'a', 'b'))).toContain('identity');
  });

  test('is refused when somebody else is in it', async () => {
    await mkdir(join(directory, 'photos'));
    await expect(fileStorage({ directory }).open()).rejects.toMatchObject({
      code: 'foreignData',
      message: expect.stringContaining('photos'),
    });
  });

  test('is refused when it is a file, and where no folder can be made', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    await expect(fileStorage({ directory: file }).open()).rejects.toMatchObject({
      code: 'foreignData',
      message: expect.stringContaining(file),
    });
    await expect(fileStorage({ directory: join(file, 'below') }).open()).rejects.toMatchObject({ code: 'foreignData' });
    if (existsSync('/proc/self'))
      await expect(fileStorage({ directory: '/proc/raft/n1' }).open()).rejects.toMatchObject({ code: 'storageFailed' });
  });

  test('is named by options that are checked at once', () => {
    expect(() => fileStorage({ directory: '' })).toThrow(expect.objectContaining({ code: 'invalidArgument' }));
    expect(() => fileStorage({ directory, segmentBytes: 3 })).toThrow(/segmentBytes/);
    expect(() => fileStorage({ directory, segmentByte: 65536 } as never)).toThrow(/segmentByte/);
  });
});
