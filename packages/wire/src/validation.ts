import * as z from 'zod';
import { RaftError } from './errors.ts';

/** Passes a value through its schema. @throws RaftError `malformed` that says which field of `what` is wrong. */
export function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new RaftError('malformed', `bad ${what}: ${z.prettifyError(result.error)}`, { cause: result.error });
}
