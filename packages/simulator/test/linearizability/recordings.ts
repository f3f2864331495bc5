import type { HistoryOperation } from '../../src/linearizability/history.ts';
import type { KvAnswer, KvInput } from '../../src/linearizability/kv-model.ts';
import type { RegisterInput, RegisterOutput } from '../../src/linearizability/register-model.ts';

/** What happens in a recording, in the order of its lines. `never`: the operation says nothing, as if it had not been asked for. */
type Step<Input, Output> = { readonly process: number } & (
  | { readonly type: 'invoke'; readonly input: Input }
  | { readonly type: 'return'; readonly output: Output }
  | { readonly type: 'never' }
);

/** Pairs calls with returns. The place of a line is its time; what did not return is unknown. */
function paired<Input, Output>(steps: readonly Step<Input, Output>[]): HistoryOperation<Input, Output>[] {
  const operations: (HistoryOperation<Input, Output> | undefined)[] = [];
  const open = new Map<number, number>();
  for (const [at, step] of steps.entries()) {
    const { process } = step;
    if (step.type === 'invoke') {
      open.set(process, operations.length);
      operations.push({ client: process, input: step.input, invokedAt: at, returned: undefined });
      continue;
    }
    const place = open.get(process);
    const operation = place === undefined ? undefined : operations[place];
    if (place === undefined || operation === undefined) throw new Error(`line ${at}: process ${process} has not asked for anything`);
    open.delete(process);
    operations[place] = step.type === 'never' ? undefined : { ...operation, returned: { at, output: step.output } };
  }
  return operations.filter((operation) => operation !== undefined);
}

function field(groups: Record<string, string> | undefined, name: string, line: string): string {
  const found = groups?.[name];
  if (found === undefined) throw new Error(`not understood: ${line}`);
  return found;
}

const registerLine = /^INFO\s+jepsen\.util\s+-\s+(?<process>\d+)\s+:(?<type>\w+)\s+:(?<operation>\w+)\s+(?<value>.*)$/;

/** A register under Jepsen: reads, writes and swaps of small numbers. */
export function parseRegisterLog(text: string): HistoryOperation<RegisterInput, { readonly value: RegisterOutput }>[] {
  const lines = text.split('\n').filter((line) => line.startsWith('INFO'));
  return paired(
    lines.flatMap((line): Step<RegisterInput, { readonly value: RegisterOutput }>[] => {
      const groups = registerLine.exec(line)?.groups;
      const [type, operation, value] = ['type', 'operation', 'value'].map((name) => field(groups, name, line));
      const process = Number(field(groups, 'process', line));
      if (type === 'invoke') return [{ process, type, input: registerInput(operation, value ?? '') }];
      // It stays open for ever.
      if (type === 'info') return [];
      if (operation === 'read') {
        if (type === 'fail') return [{ process, type: 'never' }];
        return [{ process, type: 'return', output: { value: value === 'nil' ? null : Number(value) } }];
      }
      return [{ process, type: 'return', output: { value: operation === 'cas' ? type === 'ok' : undefined } }];
    }),
  );
}

function registerInput(operation: string | undefined, value: string): RegisterInput {
  if (operation === 'read') return { kind: 'read' };
  const [first = Number.NaN, second = Number.NaN] = (value.match(/\d+/g) ?? []).map(Number);
  return operation === 'write' ? { kind: 'write', value: first } : { kind: 'cas', from: first, to: second };
}

const kvLine = /^\{:process (?<process>\d+), :type :(?<type>\w+), :f :(?<operation>\w+), :key "(?<key>.*)", :value (?<value>.*)\}$/;

/** A key-value store whose keys are empty strings at first: gets, puts and appends. */
export function parseKvLog(text: string): HistoryOperation<KvInput, KvAnswer>[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return paired(
    lines.map((line) => {
      const groups = kvLine.exec(line)?.groups;
      const [operation = '', key = '', value = ''] = ['operation', 'key', 'value'].map((name) => field(groups, name, line));
      const process = Number(field(groups, 'process', line));
      const content = value === 'nil' ? '' : value.slice(1, -1);
      if (field(groups, 'type', line) === 'invoke') {
        const kind = operation === 'get' ? 'read' : operation === 'put' ? 'put' : 'append';
        return { process, type: 'invoke', input: kind === 'read' ? { kind, key } : { kind, key, value: content } };
      }
      const answer = { value: content === '' ? null : content };
      return { process, type: 'return', output: operation === 'get' ? answer : {} };
    }),
  );
}
