// Loaded into each child before its program: when the supervisor is gone, killed with -9 perhaps, the pipe to it ends, and the child
// stops as if asked to. Without this a killed supervisor would leave a cluster behind that nobody knows of.
import { Socket } from 'node:net';

if (process.env['RAFT_SUPERVISOR'] === 'stdin') {
  // Unreferenced, so that it keeps no process alive that has nothing else to do.
  const supervisor = new Socket({ fd: 0, readable: true, writable: false });
  supervisor.once('close', () => process.kill(process.pid, 'SIGTERM'));
  supervisor.on('error', () => undefined);
  supervisor.resume();
  supervisor.unref();
}
