import type { Outgoing, Ready } from '@raft/core/protocol';

/** What one process holds back until its disk has come so far. */
export class AwaitingDisk {
  /** The write of this ticket, and each before it, is durable. */
  durableTicket = 0;
  /** Of the last write that was handed to the storage. */
  lastTicket = 0;
  private held: Ready['messagesAfter'][number][] = [];
  private compactions: { readonly to: number; readonly ticket: number }[] = [];
  private forming: Ready['formed'];

  /** Takes what waits for its ticket; gives back the messages that need not wait. */
  hold({ messagesAfter, formed, compactTo }: Ready): readonly Outgoing[] {
    if (formed !== undefined) this.forming = formed;
    if (compactTo !== undefined) this.compactions.push({ to: compactTo, ticket: this.lastTicket });
    if (messagesAfter.length === 0) return messagesAfter;
    this.held.push(...messagesAfter);
    return this.takeMessages();
  }

  /** The messages that may leave now. */
  takeMessages(): readonly Outgoing[] {
    const due = this.held.filter(({ ticket }) => ticket <= this.durableTicket);
    if (due.length > 0) this.held = this.held.filter(({ ticket }) => ticket > this.durableTicket);
    return due;
  }

  /** Has the node become part of a cluster, durably? Once. */
  takeFormed(): boolean {
    if (this.forming === undefined || this.forming.ticket > this.durableTicket) return false;
    this.forming = undefined;
    return true;
  }

  /** How far the log may be cut now. */
  takeCompactions(): readonly number[] {
    if (this.compactions.length === 0) return [];
    const due = this.compactions.filter(({ ticket }) => ticket <= this.durableTicket);
    if (due.length > 0) this.compactions = this.compactions.filter(({ ticket }) => ticket > this.durableTicket);
    return due.map(({ to }) => to);
  }
}
