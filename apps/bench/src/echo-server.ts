/** Entry of a child process: sends back whatever comes, as the floor of a round trip between two processes. */
import { createServer, type Socket } from 'node:net';

const sockets = new Set<Socket>();
const server = createServer((socket) => {
  sockets.add(socket);
  socket.setNoDelay(true);
  socket.on('data', (bytes) => socket.write(bytes));
  socket.on('error', () => socket.destroy());
  socket.on('close', () => sockets.delete(socket));
});

server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('SIGINT', () => {});
process.on('disconnect', () => {
  server.close();
  for (const socket of sockets) socket.destroy();
});
