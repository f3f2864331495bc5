import { parseArgs } from 'node:util';

/** How `npm run demo` reports. */
export interface DemoOptions {
  readonly json: boolean;
}

/** What `npm run demo -- --help` prints. */
export const demoUsage = `npm run demo -- [options]   a cluster under load whose leader is killed three times

  --json   the report as one line of JSON on stdout, all else on stderr
  --help   print this`;

/** Reads the command line. Returns a sentence when something is wrong, `help` when that is asked for. */
export function parseDemoOptions(args: readonly string[]): DemoOptions | 'help' | { readonly wrong: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    });
    return values.help ? 'help' : { json: values.json };
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
}
