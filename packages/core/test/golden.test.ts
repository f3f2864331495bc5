import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { play } from './script/play.ts';

// What a change of the protocol does to these is read in review: `vitest --update` writes the transcripts anew.

const folder = new URL('golden/', import.meta.url);
const scripts = readdirSync(folder)
  .filter((name) => name.endsWith('.script'))
  .map((name) => ({ name: name.slice(0, -'.script'.length), text: readFileSync(new URL(name, folder), 'utf8') }))
  .map((script) => ({ ...script, waitsFor: /^waits for (.*)$/m.exec(script.text)?.[1] }));

const waiting = scripts.filter(({ waitsFor }) => waitsFor !== undefined);

describe('golden scripts', () => {
  for (const { name, text } of scripts.filter(({ waitsFor }) => waitsFor === undefined)) {
    test(`${name} plays as its transcript says`, async () => {
      await expect(play(text)).toMatchFileSnapshot(`golden/${name}.txt`);
    });
  }

  test(`${waiting.length} wait: ${waiting.map(({ name, waitsFor }) => `${name} for ${waitsFor}`).join(', ')}`, () => {
    const transcripts = readdirSync(folder).filter((name) => name.endsWith('.txt'));
    const expected = scripts.filter(({ waitsFor }) => waitsFor === undefined).map(({ name }) => `${name}.txt`);
    expect(transcripts.sort()).toEqual(expected.sort());
  });
});
