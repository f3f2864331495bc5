import { type ChildProcess, fork } from 'node:child_process';
import { type Input, type MethodName, methods, type Output, responseSchema } from './child-protocol.ts';

/** What a process is started with. */
export interface ChildOptions {
  /** Names it in errors. */
  readonly name: string;
  readonly script: URL;
  /** Ends all waiting. The child itself ends when disposed. */
  readonly signal: AbortSignal;
}

interface PendingCall {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** How long a child may take to end by itself after it closed everything. */
const exitGraceMs = 5000;

/** A process that answers calls. */
export class Child implements AsyncDisposable {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #signal: AbortSignal;
  readonly #pending = new Map<number, PendingCall>();
  #lastCall = 0;
  #failure: Error | undefined;

  constructor({ name, script, signal }: ChildOptions) {
    this.name = name;
    this.#signal = signal;
    this.#process = fork(script, { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#exited = new Promise((resolve) => this.#process.once('exit', () => resolve()));
    this.#process.on('message', (message) => this.#settle(message));
    this.#process.on('error', (error) => this.#fail(error));
    this.#process.on('exit', (code, signal) => this.#fail(new Error(`process ${name} ended (${signal ?? `exit code ${code}`})`)));
    signal.addEventListener('abort', this.#onAbort);
  }

  /** Calls the child. Rejects when the call fails there, when the child ends, and when the signal aborts. */
  async call<Name extends MethodName>(method: Name, input: Input<Name>): Promise<Output<Name>> {
    this.#signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
    this.#lastCall += 1;
    const call = this.#lastCall;
    const output = await new Promise<unknown>((resolve, reject) => {
      this.#pending.set(call, { resolve, reject });
      this.#process.send({ call, method, input });
    });
    return methods[method].output.parse(output) as Output<Name>;
  }

  /** Lets the child close everything and waits for its end; kills it when it doesn't end by itself, and says so. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener('abort', this.#onAbort);
    if (this.#process.connected) this.#process.disconnect();
    const timer = setTimeout(() => {
      process.stderr.write(`process ${this.name} did not end by itself and was killed\n`);
      this.#process.kill('SIGKILL');
    }, exitGraceMs);
    await this.#exited;
    clearTimeout(timer);
  }

  readonly #onAbort = (): void => this.#fail(this.#signal.reason instanceof Error ? this.#signal.reason : new Error('interrupted'));

  #settle(message: unknown): void {
    const response = responseSchema.parse(message);
    const pending = this.#pending.get(response.call);
    if (pending === undefined) return;
    this.#pending.delete(response.call);
    if ('error' in response) pending.reject(new Error(`process ${this.name}: ${response.error}`));
    else pending.resolve(response.output);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}
