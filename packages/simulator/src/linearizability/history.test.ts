import { expect, test } from 'vitest';
import type { ClientOperation } from '../clients/operation.ts';
import { ClientHistory } from './history.ts';

function put(id: number, invokedAt: number): ClientOperation {
  return { id, client: id % 2, node: 0, life: 1, request: { kind: 'put', key: 'x', value: `${id}` }, invokedAt };
}

test('a history holds what returned with its time, what is unknown without one, and nothing that was rejected', () => {
  let now = 0;
  const clients = new ClientHistory(() => now);
  const operations = [put(1, 10), put(2, 20), put(3, 30), put(4, 40)] as const;
  for (const operation of operations) clients.invoked(operation);
  now = 50;
  clients.returned(operations[0], { type: 'ok', index: 7, result: { value: null } });
  clients.returned(operations[1], { type: 'rejected' });
  clients.returned(operations[2], { type: 'unknown' });
  expect(clients.history).toEqual([
    { client: 1, input: operations[0].request, invokedAt: 10, returned: { at: 50, output: { value: null } } },
    { client: 1, input: operations[2].request, invokedAt: 30, returned: undefined },
    { client: 0, input: operations[3].request, invokedAt: 40, returned: undefined },
  ]);
});
