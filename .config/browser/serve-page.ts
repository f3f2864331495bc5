import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** A page on this machine; its origin, and so its storage, is the same for as long as it is served. */
export interface ServedPage extends AsyncDisposable {
  readonly url: string;
  close(): Promise<void>;
}

/** Bundles a program for browsers. What needs Node does not resolve, and fails. */
export async function bundle(entry: URL, options: { readonly minify?: boolean } = {}): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    write: false,
    logLevel: 'silent',
    ...(options.minify === true && { minify: true }),
  });
  return outputFiles[0]?.text ?? '';
}

/** Serves a page that runs a program. */
export async function servePage(entry: URL): Promise<ServedPage> {
  const script = await bundle(entry);
  const server = createServer((request, response) => {
    if (request.url === '/page.js') response.setHeader('content-type', 'text/javascript').end(script);
    else if (request.url === '/') {
      response
        .setHeader('content-type', 'text/html')
        .end('<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>');
    } else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const close = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://127.0.0.1:${port}/`, close, [Symbol.asyncDispose]: close };
}
