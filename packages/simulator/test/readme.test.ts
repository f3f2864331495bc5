import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { invariantTable } from '../src/invariants/table.ts';
import { faultFamilies } from '../src/world/draw-faults.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the README lists the invariants as the table has them', () => {
  expect(readme).toContain(`## What must hold\n\n${invariantTable().trim()}\n`);
});

test('the README names every family of faults', () => {
  expect(readme).toContain(faultFamilies.map((family) => `\`${family}\``).join(', '));
});
