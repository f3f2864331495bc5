import { RaftError } from '@raft/wire';
import { type DeleteOutcome, endpointSchema, type KvClient, kvClient, type PutOutcome } from '../client.ts';
import type { Expected } from '../commands.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { statusTable } from './status-table.ts';

/** Options that every client command takes. */
export interface ClientOptions {
  /** URLs, separated by commas. */
  readonly endpoints?: string;
  readonly json?: boolean;
}

/** Where answers go. */
export interface Output {
  out(data: string | Uint8Array): void;
  err(line: string): void;
  /** Answers go to a terminal, not to a file or another program. */
  readonly terminal: boolean;
}

interface Invocation {
  readonly options: ClientOptions;
  readonly output: Output;
}

export function put(key: string, value: string, invocation: Invocation): Promise<ExitCode> {
  return withClient(invocation, async (client) => reportPut(await client.put(key, toBytes(value)), invocation));
}

export function cas(key: string, value: string, revision: string | undefined, invocation: Invocation): Promise<ExitCode> {
  const expected = parseRevision(revision);
  return withClient(invocation, async (client) => reportPut(await client.put(key, toBytes(value), { expected }), invocation));
}

export function get(key: string, consistency: string, { options, output }: Invocation): Promise<ExitCode> {
  if (consistency !== 'linearizable' && consistency !== 'local')
    throw new RaftError('invalidArgument', `--consistency is linearizable or local, not ${consistency}`);
  return withClient({ options, output }, async (client) => {
    const outcome = await client.get(key, { consistency });
    if (outcome.outcome === 'unavailable') return reportUnavailable(outcome.message, output);
    if (outcome.outcome === 'missing') {
      output.err(`there is no key ${JSON.stringify(key)}`);
      return exitCodes.failed;
    }
    const { value, revision } = outcome;
    if (options.json === true) output.out(`${JSON.stringify({ key, value: Buffer.from(value).toString('base64'), revision })}\n`);
    else output.out(output.terminal ? endLine(value) : value);
    return exitCodes.ok;
  });
}

export function del(key: string, { options, output }: Invocation): Promise<ExitCode> {
  return withClient({ options, output }, async (client) => {
    const outcome = await client.delete(key);
    if (outcome.outcome !== 'deleted') return reportWriteFailure(outcome, { options, output });
    if (options.json === true) output.out(`${JSON.stringify({ deleted: outcome.deleted })}\n`);
    else output.out(outcome.deleted ? 'deleted\n' : 'there was no such key\n');
    return exitCodes.ok;
  });
}

export function status({ options, output }: Invocation): Promise<ExitCode> {
  return withClient({ options, output }, async (client) => {
    const endpoints = await client.status();
    output.out(options.json === true ? `${JSON.stringify(endpoints)}\n` : statusTable(endpoints));
    return endpoints.some((endpoint) => 'status' in endpoint) ? exitCodes.ok : exitCodes.environment;
  });
}

async function withClient({ options }: Invocation, run: (client: KvClient) => Promise<ExitCode>): Promise<ExitCode> {
  const given = options.endpoints ?? '';
  const endpoints = given
    .split(',')
    .map((endpoint) => endpoint.trim())
    .filter((endpoint) => endpoint !== '');
  if (endpoints.length === 0) throw new RaftError('invalidArgument', 'no endpoints: give --endpoints URL,… or set RAFT_KV_ENDPOINTS');
  const wrong = endpoints.find((endpoint) => !endpointSchema.safeParse(endpoint).success);
  if (wrong !== undefined)
    throw new RaftError(
      'invalidArgument',
      `--endpoints (or RAFT_KV_ENDPOINTS) takes URLs such as http://127.0.0.1:8081, not ${JSON.stringify(wrong)}`,
    );
  using client = kvClient({ endpoints });
  return await run(client);
}

function reportPut(outcome: PutOutcome, invocation: Invocation): ExitCode {
  if (outcome.outcome !== 'stored') return reportWriteFailure(outcome, invocation);
  const { revision } = outcome;
  invocation.output.out(invocation.options.json === true ? `${JSON.stringify({ revision })}\n` : `revision ${revision}\n`);
  return exitCodes.ok;
}

function reportWriteFailure(
  outcome: Exclude<PutOutcome | DeleteOutcome, { outcome: 'stored' | 'deleted' }>,
  { options, output }: Invocation,
): ExitCode {
  switch (outcome.outcome) {
    case 'conflict':
      if (options.json === true) output.out(`${JSON.stringify({ revision: outcome.revision })}\n`);
      output.err(
        outcome.revision === null
          ? 'nothing was written: there is no such key'
          : `nothing was written: revision ${outcome.revision} stands`,
      );
      return exitCodes.failed;
    case 'unavailable':
      return reportUnavailable(outcome.message, output);
    case 'unknown':
      output.err(`the outcome is unknown, the write may have happened: ${outcome.message}`);
      return exitCodes.unknownOutcome;
  }
}

function reportUnavailable(message: string, output: Output): ExitCode {
  output.err(`no endpoint could serve this, nothing happened: ${message}`);
  return exitCodes.environment;
}

function parseRevision(text: string | undefined): Expected {
  if (text === 'none') return null;
  const revision = text !== undefined && /^[1-9][0-9]*$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(revision)) return revision;
  throw new RaftError(
    'invalidArgument',
    text === undefined
      ? '--revision is missing: give the revision that must stand, or none'
      : `--revision must be a revision or none, not ${text}`,
  );
}

/** The value as a terminal shows it: a prompt, or npm's spinner, would overwrite a last line that doesn't end. */
export function endLine(value: Uint8Array): Uint8Array {
  return value.at(-1) === newline ? value : Buffer.concat([value, Uint8Array.of(newline)]);
}

const newline = 0x0a;

function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
