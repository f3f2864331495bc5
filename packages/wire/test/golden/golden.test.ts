import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { entryKinds, messageSchema } from '../../src/index.ts';
import { formatHex, parseHex } from './hex.ts';
import { samples } from './samples.ts';

describe.each(samples)('the golden bytes of $name', ({ name, value, encode, decode }) => {
  const file = new URL(`${name}.hex`, import.meta.url);

  test('are kept as a file', () => {
    expect(existsSync(file), `${name}.hex is missing: make it with \`pnpm --filter @raft/wire golden\`, then read it`).toBe(true);
  });

  test('are what the encoder makes', () => {
    expect(formatHex(encode())).toBe(readFileSync(file, 'utf8'));
  });

  test('are what the decoder reads', () => {
    expect(decode(parseHex(readFileSync(file, 'utf8')))).toEqual(value);
  });
});

test('every type of message and every kind of entry has golden bytes, and no file is left over', () => {
  const names = samples.map(({ name }) => name);
  const types = messageSchema.options.map((schema) => ('shape' in schema ? schema.shape.type.value : schema.options[0].shape.type.value));
  expect(types).toHaveLength(13);
  expect(names).toEqual(expect.arrayContaining(types));
  expect(names).toEqual(expect.arrayContaining(entryKinds.map((kind) => `entry-${kind}`)));
  const files = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith('.hex'));
  expect(files.sort()).toEqual(names.map((name) => `${name}.hex`).sort());
});
