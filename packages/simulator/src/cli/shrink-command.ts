import { performance } from 'node:perf_hooks';
import { replayOf } from '../campaign/replay.ts';
import { runPlan } from '../campaign/run-seed.ts';
import { type Size, shrink } from '../campaign/shrink.ts';
import { parseCount } from './arguments.ts';
import { codeVersion, programName } from './code-version.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { describeFailure } from './failures.ts';
import { readReplay, writeJson } from './files.ts';
import { printTrace } from './history.ts';
import { counted, lookOf, styled, whole } from './text.ts';

/** Time ends it first, nearly always. */
const defaultRuns = 20_000;

export interface ShrinkFlags {
  readonly runs?: string;
  readonly seconds?: string;
}

/** Looks for a smaller history that fails alike, prints it and writes it beside the file. */
export async function shrinkCommand(file: string, flags: ShrinkFlags): Promise<ExitCode> {
  const replay = readReplay(file);
  const seconds = flags.seconds === undefined ? 60 : parseCount(flags.seconds, '--seconds');
  const mostRuns = flags.runs === undefined ? defaultRuns : parseCount(flags.runs, '--runs');
  const look = lookOf(process.stderr);
  const began = performance.now();
  const passed = (): number => (performance.now() - began) / 1000;
  // Histories run one behind the other in this thread: Ctrl-C is heard between them, and what was found by then is kept.
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
  };
  process.once('SIGINT', interrupt);
  const bar = new Bar(process.stderr);
  const shrunk = await shrink(replay.plan, {
    mostRuns,
    enough: () => interrupted || passed() > seconds,
    onSmaller: (size, runs) => bar.show(`${whole(runs)} runs · ${sizeText(size)} · ${Math.round(passed())} s`),
    pause: () => new Promise((resolve) => setImmediate(resolve)),
  });
  bar.clear();
  process.off('SIGINT', interrupt);
  if (shrunk === undefined) {
    process.stderr.write(`nothing broke: ${file} is of ${replay.code}, this is ${codeVersion()}\n`);
    return exitCodes.failed;
  }
  const { plan, failure, before, after, runs } = shrunk;
  const history = await runPlan(plan, { readable: true });
  printTrace(history);
  const path = file.replace(/(\.small)?(\.json)?$/, '.small.json');
  writeJson(path, replayOf({ code: codeVersion(), plan, failure, history }));
  const lines = [
    ...describeFailure(failure, look),
    `  ${styled('dim', 'before', look)}  ${sizeText(before)}`,
    `  ${styled('dim', 'after ', look)}  ${styled('bold', sizeText(after), look)} · ${whole(runs)} runs in ${passed().toFixed(1)} s`,
    `  ${styled('dim', 'replay', look)}  ${programName()} --replay ${path} --trace`,
    ...(plan.seed === replay.plan.seed
      ? []
      : [`  ${styled('dim', 'note', look)}    it draws from seed ${plan.seed} now, with a plan of its own: only the file repeats it`]),
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
  return interrupted ? exitCodes.interrupted : exitCodes.ok;
}

function sizeText({ nodes, faults, operations, delivered }: Size): string {
  return `${counted(nodes, 'node')} · ${counted(faults, 'fault')} · ${counted(operations, 'operation')} · ${counted(delivered, 'message')} delivered`;
}

/** One line on a terminal, redrawn in its place; nothing elsewhere. */
class Bar {
  private readonly stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream;
  }

  show(text: string): void {
    if (this.stream.isTTY) this.stream.write(`\r\u001b[K${text}`);
  }

  clear(): void {
    if (this.stream.isTTY) this.stream.write('\r\u001b[K');
  }
}
