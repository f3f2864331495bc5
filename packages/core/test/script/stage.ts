import type { Outgoing, Ready } from '../../src/protocol/ready.ts';
import type { ProtocolStatus } from '../../src/status.ts';
import type { Identity } from '../../src/transport.ts';
import { Driven, type DrivenOptions } from '../driven/driven.ts';
import { Flight, type Letter } from './flight.ts';
import { deedsOf, saysOf } from './words.ts';

/**
 * The nodes of a script, and the transcript of what they do. One clock for all; it moves when the script says so, and nobody's timer fires but at its
 * word: a node whose timer should have fired is one that is late.
 */
export class Stage {
  readonly lines: string[] = [];
  readonly flight = new Flight();
  private readonly nodes = new Map<string, Driven>();
  private readonly options = new Map<string, DrivenOptions>();
  private readonly spoke = new Map<string, ProtocolStatus>();
  private readonly down = new Set<string>();
  /** Who a node is to another: what its handshake said, `to<from`. */
  private readonly handshakes = new Map<string, Identity>();
  private now = 0;

  /** Everybody, in the order of their creation. */
  get all(): readonly Driven[] {
    return [...this.nodes.values()];
  }

  isUp(id: string): boolean {
    return !this.down.has(id);
  }

  add(id: string, options: DrivenOptions): void {
    if (this.nodes.has(id)) throw new Error(`there is a node ${id} already`);
    this.options.set(id, options);
    const watch = {
      ready: (ready: Ready, status: ProtocolStatus) => this.ready(ready, status),
      leaves: (sent: Outgoing) => this.leaves(id, sent),
    };
    this.nodes.set(id, new Driven(id, { ...options, watch }));
  }

  /** One that is up, with the clock as it is. */
  node(id: string | undefined): Driven {
    const node = this.nodes.get(id ?? '');
    if (node === undefined) throw new Error(`no node ${id}`);
    if (!this.isUp(node.id)) throw new Error(`${id} is down`);
    node.now = this.now;
    return node;
  }

  wait(milliseconds: number): void {
    this.now += milliseconds;
  }

  /** Its timer fires, now or when it is due. */
  tick(id: string | undefined): void {
    const node = this.node(id);
    this.now = Math.max(this.now, node.wakeAt);
    node.tick();
  }

  /** So much time passes, in which its timer fires whenever it is due. */
  passFor(id: string | undefined, milliseconds: number): void {
    const end = this.now + milliseconds;
    while (this.node(id).wakeAt <= end) this.tick(id);
    this.now = end;
  }

  arrive({ from, to, message }: Letter): void {
    if (!this.isUp(to)) {
      this.line(`${from.id} -x ${to}`, message.type, `${to} is down`);
      return;
    }
    this.line(`${from.id} => ${to}`, message.type, '');
    this.node(to).step({ type: 'Receive', from, message });
  }

  lose({ from, to, message }: Letter): void {
    this.line(`${from.id} -x ${to}`, message.type, 'lost');
  }

  connect(a: string, b: string): void {
    const identities = [this.node(a).identity, this.node(b).identity] as const;
    for (const [from, to] of [identities, [...identities].reverse()]) {
      if (from === undefined || to === undefined) continue;
      this.handshakes.set(`${to.id}<${from.id}`, from);
      this.node(to.id).step({ type: 'Connected', from });
    }
  }

  disconnect(a: string, b: string): void {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const known = this.handshakes.get(`${to}<${from}`);
      this.handshakes.delete(`${to}<${from}`);
      if (known !== undefined && this.isUp(to)) this.node(to).step({ type: 'Disconnected', from: known });
    }
  }

  crash(id: string): void {
    this.node(id);
    this.down.add(id);
    this.line(id, 'crashes', '');
  }

  start(id: string): void {
    this.down.delete(id);
    const node = this.node(id);
    this.spoke.delete(id);
    node.restart();
    const { term, votedFor, lastIndex, snapshotIndex, commitIndex } = node.status;
    const vote = votedFor === null ? '' : `, vote for ${votedFor}`;
    this.line(
      id,
      'starts',
      `term ${term}${vote}; ${snapshotIndex > 0 ? `snapshot ${snapshotIndex}, ` : ''}log up to ${lastIndex}; commit ${commitIndex}`,
    );
  }

  line(who: string, what: string, detail: string): void {
    const time = String(Math.round(this.now)).padStart(7);
    this.lines.push(`${time}  ${who.padEnd(6)}  ${what.padEnd(20)}  ${detail}`.trimEnd());
  }

  private ready(ready: Ready, status: ProtocolStatus): void {
    const before = this.spoke.get(status.id);
    this.spoke.set(status.id, status);
    for (const [deed, detail] of deedsOf(ready, status, before)) this.line(status.id, deed, detail);
  }

  private leaves(id: string, { to, message }: Outgoing): void {
    const node = this.nodes.get(id);
    const from = this.handshakes.get(`${to.id}<${id}`) ?? node?.identity;
    if (from === undefined) return;
    const arrives = this.flight.send({ from, to: to.id, message });
    this.line(`${id} ${arrives ? '->' : '-x'} ${to.id}`, message.type, `${saysOf(message)}${arrives ? '' : '  lost'}`);
  }
}
