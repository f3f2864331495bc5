import { Command, CommanderError } from 'commander';
import * as z from 'zod';

const workloadNames = ['memory', 'durable'] as const;

/** A kind of cluster that is measured. */
export type WorkloadName = (typeof workloadNames)[number];

const clientCount = z
  .string()
  .regex(/^\d+$/, 'must be whole numbers between commas, such as 1,64,256')
  .transform(Number)
  .pipe(z.number().min(1, 'must be at least 1').max(65_536, 'must be at most 65536'));

/** Options of a node that are given as they stand: the node checks and completes them. */
export const nodeConfigSchema = z.record(z.string(), z.number('must be an object of numbers'), 'must be an object of numbers');

const optionsSchema = z.strictObject({
  workloads: z
    .array(z.enum(workloadNames, { error: (issue) => `${JSON.stringify(issue.input)} is none of ${workloadNames.join(', ')}` }))
    .transform((names): readonly WorkloadName[] => (names.length === 0 ? workloadNames : [...new Set(names)])),
  clients: z
    .string()
    .transform((list) => list.split(',').map((item) => item.trim()))
    .pipe(z.array(clientCount))
    .transform((counts): readonly number[] => [...new Set(counts)]),
  seconds: z.coerce.number('must be a number').min(0.05, 'must be at least 0.05').max(3600, 'must be at most 3600'),
  rounds: z.coerce.number('must be a number').int('must be a whole number').min(1, 'must be at least 1').max(1000, 'must be at most 1000'),
  json: z.string().min(1, 'must name a file').optional(),
  directory: z.string().min(1, 'must name a directory').optional(),
  profile: z.string().min(1, 'must name a directory').optional(),
  stages: z.boolean().default(false),
  config: z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'must be JSON, such as \'{"snapshotEveryEntries":0}\'' });
        return z.NEVER;
      }
    })
    .pipe(nodeConfigSchema)
    .optional(),
});

/** What to measure, and how. */
export type Options = Readonly<z.output<typeof optionsSchema>>;

/** The outcome of reading a command line: options, or a text to print and the code to exit with. */
export type ParsedArguments = { readonly options: Options } | { readonly text: string; readonly exitCode: number };

/** Reads a command line (without node and script). Never throws on what a user may type. */
export function parseArguments(argv: readonly string[]): ParsedArguments {
  const written: string[] = [];
  const command = describeCommand((text) => written.push(text));
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return { text: written.join('').trimEnd(), exitCode: error.exitCode === 0 ? 0 : 2 };
    throw error;
  }
  const parsed = optionsSchema.safeParse({ workloads: command.args, ...command.opts() });
  if (parsed.success) return { options: parsed.data };
  const problems = parsed.error.issues.map((issue) => {
    const [name] = issue.path;
    return name === 'workloads' ? `error: workload ${issue.message}` : `error: --${String(name)} ${issue.message}`;
  });
  return { text: [...new Set(problems)].join('\n'), exitCode: 2 };
}

function describeCommand(write: (text: string) => void): Command {
  return new Command('pnpm bench')
    .description('Measures writes through a cluster of three nodes, beside what the disk and the network can do at that moment.')
    .argument('[workloads...]', 'memory (three nodes in one process) and durable (three processes, TCP, files); both unless named')
    .option('--clients <counts>', 'clients, each waiting for its write before the next', '1,64,256')
    .option('--seconds <seconds>', 'measured in each round and row; warm-up comes on top', '5')
    .option('--rounds <count>', 'the rows take turns this often; figures are medians of the rounds', '3')
    .option('--json <file>', 'also write everything that was measured to this file')
    .option('--directory <directory>', "where durable's temporary folder is made (default: the system's folder for such)")
    .option('--profile <directory>', 'write a CPU profile of each process there, and print where the time went (slows the run)')
    .option('--config <json>', 'options of every node, as JSON, instead of the defaults')
    .option('--stages', 'also show through which stages the writes of a single client spend their time')
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: write });
}
