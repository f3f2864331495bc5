import { type Input, type MethodName, methods, type Output, requestSchema } from './child-protocol.ts';

/** How a child answers each call. */
export type Handlers = { readonly [Name in MethodName]: (input: Input<Name>) => Promise<Output<Name>> | Output<Name> };

/**
 * Answers the parent's calls until it says stop or goes away. Ctrl-C reaches the whole process group, so a child
 * ignores it: the parent decides when it ends, and a parent that died closes the channel.
 */
export function serve(handlers: Handlers): void {
  const ignore = (): void => {};
  process.on('SIGINT', ignore);
  process.on('message', (message) => {
    const { call, method, input } = requestSchema.parse(message);
    answer(handlers, method, input).then(
      (output) => process.send?.({ call, output }),
      (error: unknown) => process.send?.({ call, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.on('disconnect', () => {
    process.off('SIGINT', ignore);
    Promise.resolve(handlers.stop(null)).catch(() => {
      process.exitCode = 1;
    });
  });
}

async function answer<Name extends MethodName>(handlers: Handlers, method: Name, input: unknown): Promise<Output<Name>> {
  const handler: (input: Input<Name>) => Promise<Output<Name>> | Output<Name> = handlers[method];
  return await handler(methods[method].input.parse(input) as Input<Name>);
}
