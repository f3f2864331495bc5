import { expect, test } from 'vitest';
import { demoUsage, parseDemoOptions } from './demo-options.ts';

test('the demo reports to people unless JSON is asked for', () => {
  expect(parseDemoOptions([])).toEqual({ json: false });
  expect(parseDemoOptions(['--json'])).toEqual({ json: true });
});

test('the demo can be asked how it is used', () => {
  expect(parseDemoOptions(['--help'])).toBe('help');
  expect(demoUsage).toContain('--json');
});

test('an option that the demo does not know is refused with a sentence', () => {
  expect(parseDemoOptions(['--foo'])).toEqual({ wrong: expect.stringContaining("Unknown option '--foo'") });
});
