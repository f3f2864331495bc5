import { fileURLToPath } from 'node:url';
import { type BundleSize, measureBundle } from './size-of-bundle.ts';

/** Most bytes that a member in a tab may weigh, minified and compressed with brotli: what was measured last, and a tenth. */
export const budgetBytes = 62_000;

/** What a member in a tab imports, in the order in which the sizes add up. */
const imports: readonly (readonly [name: string, from: string])[] = [
  ['RaftNode', '@raft/core'],
  ['indexedDbStorage', '@raft/storage-indexeddb'],
  ['wsTransport', '@raft/transport-ws'],
];

/** The examples depend on all of them. */
const resolveFrom = fileURLToPath(new URL('../apps/examples', import.meta.url));

/** The sizes as a table, and in a sentence what is wrong with them, if anything is. */
export async function sizeReport(options: {
  readonly budgetBytes: number;
}): Promise<{ readonly lines: string[]; readonly trouble?: string }> {
  const sizes: BundleSize[] = [];
  for (const [position] of imports.entries()) {
    const program = imports.slice(0, position + 1).map(([name, from]) => `export { ${name} } from '${from}';\n`);
    sizes.push(await measureBundle(program.join(''), resolveFrom));
  }
  const whole = sizes.at(-1);
  if (whole === undefined) throw new Error('there is nothing to measure');
  const rows = sizes.map((size, position) => row(`${position > 0 ? '+ ' : ''}${imports[position]?.[1]}`, size));
  const shares = [...whole.shares].filter(([, bytes]) => bytes > 0).sort(([, a], [, b]) => b - a);
  const lines = [
    row('a member in a tab, bytes', { minified: 'minified', gzip: 'gzip', brotli: 'brotli' }),
    ...rows,
    '',
    `of which, minified: ${shares.map(([name, bytes]) => `${name} ${((100 * bytes) / whole.minified).toFixed(0)} %`).join(', ')}`,
    `budget: ${format(options.budgetBytes)} with brotli`,
  ];
  if (whole.brotli <= options.budgetBytes) return { lines };
  return { lines, trouble: `${format(whole.brotli)} bytes, ${format(whole.brotli - options.budgetBytes)} above the budget` };
}

function row(name: string, size: Readonly<Record<'minified' | 'gzip' | 'brotli', string | number>>): string {
  return name.padEnd(28) + [size.minified, size.gzip, size.brotli].map((cell) => format(cell).padStart(10)).join('');
}

function format(cell: string | number): string {
  return cell.toLocaleString('en-US');
}
