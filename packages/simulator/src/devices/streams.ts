import type { Carrier, Channel, Listening, ListenOptions } from '@raft/core/connections';
import { RaftError } from '@raft/wire';
import type { ProcessLife } from '../nodes/process-life.ts';
import type { EventQueue } from '../world/event-queue.ts';
import { fairWeather, type Links, type Weather } from '../world/network.ts';
import { Random } from '../world/random.ts';
import { type StreamItem, StreamSocket, type StreamWire } from './stream-socket.ts';

export interface StreamNetworkOptions {
  readonly queue: EventQueue;
  readonly seed: number;
  /** In microseconds. */
  readonly latency: number;
  /** An election time-out, in microseconds. */
  readonly timeout: number;
  /** A line of the trace. */
  readonly note?: (machine: number, kind: string, text: () => string) => void;
}

/** One direction between two machines. */
interface Route {
  readonly from: number;
  readonly to: number;
  readonly random: Random;
  blocked: boolean;
  delay: number;
}

interface Listener {
  readonly life: ProcessLife;
  readonly take: ListenOptions['take'];
}

const scheme = 'sim';
const maxMachines = 1_000_000;

/** The address of a machine, for {@link StreamNetwork.carrier}. */
export function streamAddress(machine: number): string {
  return `${scheme}://${machine}`;
}

/**
 * Machines that are connected by streams of bytes, as TCP does it. What a message network loses is late here, since it is sent again; what is really
 * lost is a connection, which breaks at one end or at both, or falls silent. What it doubles is changed here: bytes that are not those that were sent.
 */
export class StreamNetwork implements Links, StreamWire {
  readonly #options: StreamNetworkOptions;
  readonly #random: Random;
  /** By the number of a pair. */
  readonly #routes = new Map<number, Route>();
  readonly #listeners = new Map<number, Listener>();
  readonly #sockets = new Set<StreamSocket>();
  /** Without power: they answer nothing. */
  readonly #off = new Set<number>();
  #passes: (from: number, to: number) => boolean = () => true;
  #weather = fairWeather;
  #healed = false;

  constructor(options: StreamNetworkOptions) {
    this.#options = options;
    this.#random = new Random(options.seed, 'streams');
  }

  /** What a process on this machine makes connections with. */
  carrier(machine: number, life: ProcessLife): Carrier {
    return {
      schemes: [scheme],
      dialler: (address) => {
        const target = parse(address);
        return () => this.#dial(machine, target, life);
      },
      listen: (options) => this.#listen(machine, life, options),
    };
  }

  heal(): void {
    this.#healed = true;
    this.#weather = fairWeather;
    for (const route of this.#routes.values()) route.delay = 0;
  }

  weather(weather: Weather): void {
    if (!this.#healed) this.#weather = weather;
  }

  slow({ from, to, delay }: { readonly from: number; readonly to: number; readonly delay: number }): void {
    if (!this.#healed) this.#route(from, to).delay = delay;
  }

  restarted(node: number): void {
    this.#off.delete(node);
  }

  crashed(node: number, silently: boolean): void {
    if (silently) this.#off.add(node);
    this.#listeners.delete(node);
    for (const socket of [...this.#sockets]) {
      if (socket.machine !== node || socket.isClosed) continue;
      if (!silently) this.gone(socket);
      socket.isAborted ||= silently;
      socket.vanish();
    }
  }

  /** The transport does that itself: it shuts its connections. */
  reconnect(): void {}

  partition(passes: (from: number, to: number) => boolean, noticedAfter: number): void {
    this.#passes = passes;
    for (const route of this.#routes.values()) {
      const { from, to } = route;
      const blocked = !passes(from, to);
      if (route.blocked === blocked) continue;
      route.blocked = blocked;
      for (const socket of [...this.#sockets]) {
        const isSender = socket.machine === from && socket.remote === to;
        const isReceiver = socket.machine === to && socket.remote === from;
        if (!blocked && isSender) this.#retransmit(socket);
        if (blocked && (isSender || isReceiver)) this.#noticeCut(socket, noticedAfter);
      }
    }
  }

  carry(from: StreamSocket, item: StreamItem): void {
    const { queue } = this.#options;
    const route = this.#route(from.machine, from.remote);
    const delay = this.#delay(route);
    const damaged = typeof item !== 'string' && this.#isDamaged(route) ? flipped(item, route.random) : item;
    if (damaged !== item) this.#note(from.machine, 'corrupted', () => `to ${from.remote}`);
    from.lastArrival = Math.max(queue.now + delay, from.lastArrival);
    queue.after(from.lastArrival - queue.now, () => this.#arrive(from, damaged));
  }

  pieceBytes({ machine, remote, queuedBytes }: StreamSocket): number {
    // Much is sent in large pieces, for the sake of whoever simulates it.
    if (this.#healed || queuedBytes > 64 * 1024) return 64 * 1024;
    const { random } = this.#route(machine, remote);
    return random.pick([1, 3, 17, 90, 500, 1400, 1400, 64 * 1024]);
  }

  /** The system says good-bye: with what is still under way, or without. */
  gone(socket: StreamSocket): void {
    if (socket.isConnecting) return;
    const { random } = this.#route(socket.machine, socket.remote);
    if (random.chance(0.5)) socket.isAborted = true;
    this.carry(socket, socket.isAborted ? 'reset' : 'end');
  }

  #listen(machine: number, life: ProcessLife, options: ListenOptions): Promise<Listening> {
    const listener = { life, take: options.take };
    this.#listeners.set(machine, listener);
    const close = async (): Promise<void> => {
      if (this.#listeners.get(machine) === listener) this.#listeners.delete(machine);
    };
    return Promise.resolve({ address: streamAddress(machine), close });
  }

  #dial(machine: number, remote: number, life: ProcessLife): Channel {
    const socket = this.#socket(machine, remote, life);
    this.#options.queue.after(this.#delay(this.#route(machine, remote)), () => this.#knock(socket));
    return socket;
  }

  /** A connection is asked for; in vain it is asked again, until whoever dialled has lost patience. */
  #knock(socket: StreamSocket): void {
    if (!socket.isConnecting) {
      this.#sockets.delete(socket);
      return;
    }
    const { machine, remote } = socket;
    const there = this.#route(machine, remote);
    if (there.blocked || this.#route(remote, machine).blocked || this.#off.has(remote)) {
      this.#options.queue.after(there.random.tailed(this.#options.timeout / 4), () => this.#knock(socket));
      return;
    }
    const listener = this.#listeners.get(remote);
    if (listener === undefined || listener.life.ended || (!this.#healed && there.random.chance(0.02))) {
      socket.fail(`machine ${remote} refuses connections`);
      return;
    }
    const other = this.#socket(remote, machine, listener.life);
    socket.connect(other);
    other.connect(socket);
    listener.life.run(() => {
      if (!other.isClosed) listener.take(other);
    });
  }

  #socket(machine: number, remote: number, life: ProcessLife): StreamSocket {
    const { random } = this.#route(machine, remote);
    const window = this.#healed ? 256 * 1024 : random.pick([2000, 16 * 1024, 64 * 1024, 256 * 1024]);
    const socket = new StreamSocket({ machine, remote, life, wire: this, window });
    this.#sockets.add(socket);
    return socket;
  }

  #arrive(from: StreamSocket, item: StreamItem): void {
    const { peer } = from;
    if (from.isAborted && item !== 'reset') return;
    if (peer === undefined) return;
    if (this.#route(from.machine, from.remote).blocked || from.stuck.length > 0) {
      from.stuck.push(item);
      return;
    }
    if (from.isClosed && (item === 'end' || item === 'reset')) this.#sockets.delete(from);
    if (!peer.isClosed) {
      peer.arrive(item, from);
      return;
    }
    this.#sockets.delete(peer);
    // Nobody is there any more: the system says so, if it can, to who still believes it.
    if (this.#off.has(from.remote) || item === 'reset' || from.isClosed) return;
    const back = this.#route(from.remote, from.machine);
    this.#options.queue.after(this.#delay(back), () => {
      if (!back.blocked) from.fail('the connection was reset by the other end');
    });
  }

  #retransmit(socket: StreamSocket): void {
    this.#options.queue.after(this.#random.tailed(this.#options.timeout / 10), () => {
      if (this.#route(socket.machine, socket.remote).blocked) return;
      const { stuck } = socket;
      socket.stuck = [];
      for (const item of stuck) this.#arrive(socket, item);
    });
  }

  #noticeCut(socket: StreamSocket, noticedAfter: number): void {
    if (socket.isClosed || !this.#random.chance(0.6)) return;
    this.#options.queue.after(this.#random.tailed(noticedAfter), () => {
      const { machine, remote } = socket;
      if (!this.#route(machine, remote).blocked && !this.#route(remote, machine).blocked) return;
      this.#sockets.delete(socket);
      socket.fail('the connection timed out');
    });
  }

  #delay({ random, delay }: Route): number {
    const { latency, timeout } = this.#options;
    // Raft lives as long as a message takes much less than an election time-out (paper §5.6).
    if (this.#healed) return Math.min(latency, timeout / 12);
    const { loss, late } = this.#weather;
    const drawn = random.tailed(latency) + delay;
    const luck = random.fraction();
    const length = random.fraction();
    if (luck < loss) return drawn + Math.floor(timeout * (0.1 + 0.5 * length));
    return luck < loss + late ? drawn + Math.floor(timeout * (0.2 + 5.8 * length * length)) : drawn;
  }

  #isDamaged({ random }: Route): boolean {
    return random.fraction() < this.#weather.duplicate / 4;
  }

  #route(from: number, to: number): Route {
    const key = from * maxMachines + to;
    const known = this.#routes.get(key);
    if (known !== undefined) return known;
    const random = new Random(this.#options.seed, `stream ${from} ${to}`);
    const made = { from, to, random, blocked: from !== to && !this.#passes(from, to), delay: 0 };
    this.#routes.set(key, made);
    return made;
  }

  #note(machine: number, kind: string, text: () => string): void {
    this.#options.note?.(machine, kind, text);
  }
}

function flipped(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const changed = bytes.slice();
  const at = random.between(0, changed.length - 1);
  changed[at] = (changed[at] ?? 0) ^ (1 << random.between(0, 7));
  return changed;
}

function parse(address: string): number {
  const digits = /^sim:\/\/(\d{1,6})$/.exec(address)?.[1];
  if (digits === undefined)
    throw new RaftError('invalidArgument', `not an address: ${JSON.stringify(address)}; one looks like ${streamAddress(2)}`);
  return Number(digits);
}
