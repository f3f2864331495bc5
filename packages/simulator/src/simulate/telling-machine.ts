import type { Command, StateMachine } from '@raft/core';
import type { Bytes } from '@raft/wire';
import { settle } from '../devices/settle.ts';
import { Violation } from '../invariants/violation.ts';

type Machine = StateMachine<unknown, unknown, unknown>;
type Failed = (violation: Violation) => void;

/**
 * The same machine, but `failed` hears what a node would keep to itself: a snapshot that can't be taken is only tried again later, one that can't be
 * restored looks like a bad one, and an `apply` that waits for something outside of virtual time looks like one that never ends.
 */
export function tellingMachine(machine: Machine, failed: Failed): Machine {
  const query = machine.query?.bind(machine);
  return {
    ...(query && { query }),
    apply: (command) => inVirtualTime(command, machine.apply(command), failed),
    snapshot() {
      try {
        return told(machine.snapshot(), (error) => failed(thrown('snapshot', error)));
      } catch (error) {
        failed(thrown('snapshot', error));
        throw error;
      }
    },
    async restore(chunks) {
      let isSource = false;
      const watched = told(chunks, () => {
        isSource = true;
      });
      try {
        await machine.restore(watched);
      } catch (error) {
        // What comes from the disk is not the machine's fault.
        if (!isSource) failed(thrown('restore', error));
        throw error;
      }
    },
  };
}

function inVirtualTime({ index }: Command, result: unknown, failed: Failed): unknown {
  if (!(result instanceof Promise)) return result;
  let isDone = false;
  const done = () => {
    isDone = true;
  };
  result.then(done, done);
  void settle().then(() => {
    if (isDone) return;
    const text = `apply of the command at ${index} waits for a timer, a file or the like: there is none in virtual time, and seeds don't repeat`;
    failed(new Violation('determinism', text));
  });
  return result;
}

async function* told(chunks: AsyncIterable<Bytes>, failed: (error: unknown) => void): AsyncGenerator<Bytes, void, undefined> {
  try {
    yield* chunks;
  } catch (error) {
    failed(error);
    throw error;
  }
}

function thrown(what: string, error: unknown): Violation {
  return new Violation('I22', `${what} threw: ${error instanceof Error ? error.message : String(error)}`);
}
