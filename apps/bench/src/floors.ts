import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fdatasyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import * as z from 'zod';

/** What the disk and the network did at that moment, by themselves. */
export interface Floors {
  /** 4 KiB written over zeros that are on the disk already, then `fdatasync`: the quicker of the two. */
  readonly overwriteSyncsPerSecond: number;
  /** 4 KiB at the end of a growing file, then `fdatasync`, which has to write the file's size too. */
  readonly appendSyncsPerSecond: number;
  /** 300 bytes to another process and back by TCP on loopback, one at a time. */
  readonly roundTripsPerSecond: number;
}

const blockBytes = 4096;
const overwrittenBlocks = 1024;
const frameBytes = 300;

/** Blocking syncs between two turns of the event loop, in which Ctrl-C is seen. */
const syncsPerTurn = 16;

/** Measures floors again and again, with an echo process of its own. */
export class FloorMeter implements AsyncDisposable {
  readonly #directory: string;
  readonly #signal: AbortSignal;
  readonly #echo: ChildProcess;
  readonly #socket: Socket;

  private constructor({ directory, signal, echo, socket }: { directory: string; signal: AbortSignal; echo: ChildProcess; socket: Socket }) {
    this.#directory = directory;
    this.#signal = signal;
    this.#echo = echo;
    this.#socket = socket;
  }

  /** `directory`: on the disk that is to be measured. */
  static async start({ directory, signal }: { readonly directory: string; readonly signal: AbortSignal }): Promise<FloorMeter> {
    const echo = fork(new URL('./echo-server.ts', import.meta.url), { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    try {
      const [address] = await once(echo, 'message', { signal });
      const { port } = z.object({ port: z.number() }).parse(address);
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      await once(socket, 'connect', { signal });
      return new FloorMeter({ directory, signal, echo, socket });
    } catch (error) {
      echo.kill('SIGKILL');
      throw error;
    }
  }

  /** Each floor for so long. Aborts with the signal. */
  async measure(seconds: number): Promise<Floors> {
    const overwriteSyncsPerSecond = await this.#syncsPerSecond({ seconds, preallocated: true });
    const appendSyncsPerSecond = await this.#syncsPerSecond({ seconds, preallocated: false });
    const roundTripsPerSecond = await this.#roundTripsPerSecond(seconds);
    return { overwriteSyncsPerSecond, appendSyncsPerSecond, roundTripsPerSecond };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    const exited = this.#echo.exitCode === null && this.#echo.signalCode === null ? once(this.#echo, 'exit') : undefined;
    if (this.#echo.connected) this.#echo.disconnect();
    await exited;
  }

  async #syncsPerSecond({ seconds, preallocated }: { seconds: number; preallocated: boolean }): Promise<number> {
    const path = join(this.#directory, 'floor');
    const file = openSync(path, 'w');
    try {
      if (preallocated) writeSync(file, new Uint8Array(blockBytes * overwrittenBlocks), 0, blockBytes * overwrittenBlocks, 0);
      fdatasyncSync(file);
      const block = new Uint8Array(blockBytes).fill(0x5a);
      return await ratePerSecond({
        seconds,
        signal: this.#signal,
        once: async (turn) => {
          writeSync(file, block, 0, blockBytes, (preallocated ? turn % overwrittenBlocks : turn) * blockBytes);
          fdatasyncSync(file);
          if (turn % syncsPerTurn === 0) await turnOfLoop();
        },
      });
    } finally {
      closeSync(file);
      unlinkSync(path);
    }
  }

  #roundTripsPerSecond(seconds: number): Promise<number> {
    const frame = new Uint8Array(frameBytes).fill(0x5a);
    const socket = this.#socket;
    return ratePerSecond({ seconds, signal: this.#signal, once: () => roundTrip(socket, frame) });
  }
}

function roundTrip(socket: Socket, frame: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    let missing = frame.length;
    const onData = (bytes: Uint8Array): void => {
      missing -= bytes.length;
      if (missing > 0) return;
      socket.off('data', onData);
      socket.off('close', onClose);
      resolve();
    };
    const onClose = (): void => reject(new Error('the echo process went away'));
    socket.on('data', onData);
    socket.once('close', onClose);
    socket.write(frame);
  });
}

async function ratePerSecond(options: {
  readonly seconds: number;
  readonly signal: AbortSignal;
  readonly once: (turn: number) => Promise<void>;
}): Promise<number> {
  const started = performance.now();
  const deadline = started + options.seconds * 1000;
  let turns = 0;
  let now = started;
  while (now < deadline || turns === 0) {
    options.signal.throwIfAborted();
    await options.once(turns);
    turns += 1;
    now = performance.now();
  }
  return (turns / (now - started)) * 1000;
}
