import { describe, expect, test } from 'vitest';
import { parseStartOptions } from './start-options.ts';

const defaults = { dataFolder: '/clone/data', httpPort: 8081, raftPort: 9081, verbose: false };

describe('the options of npm start', () => {
  test('have defaults', () => {
    expect(parseStartOptions([], {}, '/clone')).toEqual(defaults);
  });

  test('come from the environment', () => {
    const environment = { RAFT_DATA: 'elsewhere', RAFT_HTTP_PORT: '18081', RAFT_RAFT_PORT: '19081' };
    expect(parseStartOptions([], environment, '/clone')).toEqual({
      ...defaults,
      dataFolder: '/clone/elsewhere',
      httpPort: 18_081,
      raftPort: 19_081,
    });
  });

  test('come from the command line first', () => {
    const args = ['--data', '/var/raft', '--http-port', '80', '--verbose'];
    expect(parseStartOptions(args, { RAFT_HTTP_PORT: '18081' }, '/clone')).toEqual({
      ...defaults,
      dataFolder: '/var/raft',
      httpPort: 80,
      verbose: true,
    });
  });

  test('ask for help', () => {
    expect(parseStartOptions(['--help'], {}, '/clone')).toBe('help');
  });

  test.each([
    [['--http-port', 'many'], /--http-port must be a port/],
    [['--http-port', '0'], /--http-port must be a port/],
    [['--raft-port', '65534'], /--raft-port must be a port/],
    [['--raft-port', '8083'], /at least 3 apart/],
    [['--data', ''], /--data must not be empty/],
    [['--colour'], /Unknown option '--colour'/],
  ])('%j is refused with a sentence', (args, sentence) => {
    expect(parseStartOptions(args, {}, '/clone')).toEqual({ wrong: expect.stringMatching(sentence) });
  });
});
