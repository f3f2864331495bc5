import type { Command, StateMachine } from '@raft/core';
import { type Bytes, decodeUtf8, encodeUtf8, RaftError } from '@raft/wire';

/** A rule of the contract that a machine may break. */
export const stateMachineFaults = [
  'snapshot captures at the first chunk',
  'snapshot reads the live state',
  'snapshot changes the state',
  'snapshot leaves something out',
  'restore adds to the state',
  'restore fills the state chunk by chunk',
  'restore swallows errors of the chunks',
  'restore believes in the edges of chunks',
  'query changes the state',
  'apply draws from chance',
  'apply keeps its state in a global',
  'apply scribbles on the command',
  'apply depends on the number of calls',
] as const;
export type StateMachineFault = (typeof stateMachineFaults)[number];

type Machine = StateMachine<string, string, string>;

let shared = 0;
let chance = 1;

/** `set KEY TEXT` and `add KEY TEXT`; `add` fails for a key that is there. Right, unless given a fault. */
export function wordBook(fault?: StateMachineFault): Machine {
  let words = new Map<string, string>();
  let calls = 0;
  const is = (name: StateMachineFault): boolean => fault === name;

  const apply = ({ data, index }: Command): string => {
    calls += 1;
    shared += 1;
    chance = (chance * 16_807) % 2_147_483_647;
    const [verb = '', key = '', text = ''] = decodeUtf8(data).split(' ');
    if (is('apply scribbles on the command')) data.fill(0);
    if (verb === 'add' && words.has(key)) return 'exists';
    let value = text;
    if (is('apply draws from chance')) value = `${text}${chance}`;
    if (is('apply keeps its state in a global')) value = `${text}${shared}`;
    if (is('apply depends on the number of calls')) value = `${text}${calls}`;
    words.set(key, value);
    return `${index}`;
  };

  const lineOf = ([key, value]: readonly [string, string]): Bytes => encodeUtf8(`${key} ${value}\n`);

  async function* chunksOf(entries: Iterable<readonly [string, string]>): AsyncGenerator<Bytes> {
    for (const entry of entries) yield lineOf(entry);
  }

  async function* lazily(): AsyncGenerator<Bytes> {
    yield* chunksOf([...words]);
  }

  const snapshot = (): AsyncIterable<Bytes> => {
    if (is('snapshot captures at the first chunk')) return lazily();
    if (is('snapshot reads the live state')) return chunksOf(words);
    const captured = [...words];
    if (is('snapshot changes the state')) words.delete(captured[0]?.[0] ?? '');
    return chunksOf(is('snapshot leaves something out') ? captured.slice(1) : captured);
  };

  const parse = (text: string): [string, string][] =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [key, value, ...more] = line.split(' ');
        if (key === undefined || value === undefined || more.length > 0) throw new RaftError('malformed', `not a line: ${line}`);
        return [key, value];
      });

  const restore = async (chunks: AsyncIterable<Bytes>): Promise<void> => {
    const lines: [string, string][] = [];
    let text = '';
    if (is('restore fills the state chunk by chunk')) words.clear();
    try {
      for await (const chunk of chunks) {
        text += decodeUtf8(chunk);
        if (is('restore believes in the edges of chunks')) lines.push(...parse(decodeUtf8(chunk)));
        if (is('restore fills the state chunk by chunk'))
          for (const [key] of text.split('\n').map((line) => line.split(' '))) if (key) words.set(key, '');
      }
    } catch (error) {
      if (!is('restore swallows errors of the chunks')) throw error;
    }
    if (!is('restore believes in the edges of chunks')) lines.push(...parse(text));
    words = new Map(is('restore adds to the state') ? [...words, ...lines] : lines);
  };

  const query = (key: string): string => {
    const answer = words.get(key) ?? 'none';
    if (is('query changes the state')) words.set(key, `${answer}?`);
    return answer;
  };

  return { apply, query, snapshot, restore };
}
