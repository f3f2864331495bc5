import type { Observer } from '../invariants/observer.ts';
import { Violation } from '../invariants/violation.ts';
import type { Plan } from '../world/plan.ts';

/** The id under which a history is given up that goes on for longer than it may. */
const tooLong = 'too long';

/** What a history left behind that shrinking can take away. */
export class Footprint {
  /** Operations of the plan's clients, by number. Those that prove at the end that the cluster lives are not there to be left out. */
  readonly operations: number[] = [];
  /** Messages that arrived, as "from>to#number". */
  readonly delivered: string[] = [];
  events = 0;
  private readonly sent = new Map<string, number>();
  /** By sender, receiver and object: the key under which it left. */
  private readonly underWay = new Map<string, Map<object, string>>();
  private readonly clients: number;
  private readonly mostEvents: number;

  constructor({ clients }: Plan, mostEvents: number) {
    this.clients = clients.count;
    this.mostEvents = mostEvents;
  }

  /** Those that can be named, in the order in which they arrived. */
  messages(): readonly string[] {
    return this.delivered.filter((key) => key !== '');
  }

  observer(): Observer {
    return {
      stepped: () => {
        this.events++;
        if (this.events > this.mostEvents) throw new Violation(tooLong, `more than ${this.mostEvents} events`);
      },
      invoked: ({ id, client }) => {
        if (client < this.clients) this.operations.push(id);
      },
      sends: (node, to, message) => {
        const link = `${node.id}>${to.id}`;
        const number = (this.sent.get(link) ?? 0) + 1;
        this.sent.set(link, number);
        const onLink = this.underWay.get(link) ?? new Map<object, string>();
        onLink.set(message, `${node.index}>${to.id.slice(1)}#${number}`);
        this.underWay.set(link, onLink);
      },
      receives: (node, from, message) => {
        const link = `${from.id}>${node.id}`;
        // One that went through the codec is another object; it still counts as delivered.
        this.delivered.push(this.underWay.get(link)?.get(message) ?? '');
      },
    };
  }
}
