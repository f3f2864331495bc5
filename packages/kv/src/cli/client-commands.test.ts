import { describe, expect, test } from 'vitest';
import { endLine } from './client-commands.ts';

function ended(text: string): string {
  return new TextDecoder().decode(endLine(new TextEncoder().encode(text)));
}

describe('a value on a terminal', () => {
  test('gets the end of line that it lacks', () => {
    expect(ended('blue')).toBe('blue\n');
    expect(ended('a\nb')).toBe('a\nb\n');
    expect(ended('')).toBe('\n');
  });

  test('stays as it is when it ends its line', () => {
    expect(ended('blue\n')).toBe('blue\n');
  });
});
