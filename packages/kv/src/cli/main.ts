#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { type ClientOptions, cas, del, get, type Output, put, status } from './client-commands.ts';
import { type ExitCode, exitCodeOf, exitCodes, linesOf, sentenceOf } from './exit-codes.ts';

const output: Output = {
  out: (data) => void process.stdout.write(data),
  err: (line) => void process.stderr.write(`raft-kv: ${line}\n`),
  terminal: process.stdout.isTTY === true,
};

function program(finish: (code: ExitCode) => void): Command {
  const root = new Command('raft-kv').description('A replicated key-value store.').version(version()).exitOverride();
  root.configureOutput({ outputError: (message, write) => write(message.replace(/^error: /, 'raft-kv: ')) });
  root
    .command('serve')
    .description('run a member of a cluster until SIGINT or SIGTERM')
    .option('--id <id>', 'this node, one of --cluster')
    .option('--data <directory>', 'where it keeps its data')
    .option('--http <host:port>', 'where it serves HTTP')
    .option('--raft <host:port>', 'where it hears the other nodes')
    .option('--cluster <id=host:port,…>', 'all members, with the addresses at which they are dialled')
    .option('--bootstrap', 'form the cluster if this node is blank; may always be given')
    .option('--cluster-name <name>', 'tells clusters of the same addresses apart (default: raft-kv)')
    .action(async (options: unknown) => {
      // Loaded only here: client commands start faster without the server.
      const { serve } = await import('./serve.ts');
      finish(await serve(options));
    });
  const client = (usage: string, description: string): Command =>
    root
      .command(usage)
      .description(description)
      .addOption(new Option('--endpoints <url,…>', 'HTTP interfaces of members').env('RAFT_KV_ENDPOINTS'))
      .option('--json', 'print JSON');
  client('put <key> <value>', 'write a value').action(async (key: string, value: string, options: ClientOptions) => {
    finish(await put(key, value, { options, output }));
  });
  client('get <key>', 'print a value, byte for byte (on a terminal, with an end of line)')
    .option('--consistency <kind>', 'linearizable or local', 'linearizable')
    .action(async (key: string, options: ClientOptions & { readonly consistency: string }) => {
      finish(await get(key, options.consistency, { options, output }));
    });
  client('del <key>', 'delete a key').action(async (key: string, options: ClientOptions) => {
    finish(await del(key, { options, output }));
  });
  client('cas <key> <value>', 'write a value if a certain revision stands')
    .option('--revision <n>', 'the revision that must stand, or none')
    .action(async (key: string, value: string, options: ClientOptions & { readonly revision?: string }) => {
      finish(await cas(key, value, options.revision, { options, output }));
    });
  client('status', 'print what each endpoint says of itself').action(async (options: ClientOptions) => {
    finish(await status({ options, output }));
  });
  return root;
}

function version(): string {
  // In the package it stands two folders above this module, built or not.
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}

/** Commander has told people already; its own code for mistakes is 1, ours is 2. */
function exitCodeOfUsage(error: CommanderError): ExitCode {
  return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
}

function fail(error: unknown): void {
  if (error instanceof CommanderError) {
    process.exitCode = exitCodeOfUsage(error);
    return;
  }
  for (const line of linesOf(error)) output.err(line);
  process.exitCode = exitCodeOf(error);
}

process.on('uncaughtException', (error) => {
  output.err(`something unexpected happened: ${sentenceOf(error)}`);
  process.exit(exitCodes.failed);
});

try {
  await program((code) => {
    process.exitCode = code;
  }).parseAsync();
} catch (error) {
  fail(error);
}
