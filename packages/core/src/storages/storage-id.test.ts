import { storageIdSchema } from '@raft/wire';
import { expect, test } from 'vitest';
import { randomStorageId } from './storage-id.ts';

test('a storage id has 128 bits, each of which is one in some ids and zero in others', () => {
  const ids = Array.from({ length: 200 }, randomStorageId);
  for (const id of ids) expect(storageIdSchema.safeParse(id).success).toBe(true);
  const numbers = ids.map((id) => BigInt(`0x${id}`));
  const full = 2n ** 128n - 1n;
  expect(numbers.reduce((all, one) => all | one)).toBe(full);
  expect(numbers.reduce((all, one) => all & one)).toBe(0n);
});
