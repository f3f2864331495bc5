// Loaded into each child before its program: when the supervisor is gone, killed with -9 perhaps, the pipe to it ends, and the child
// stops as if asked to. Without this a killed supervisor would leave a cluster behind that nobody knows of.
if (process.env['RAFT_SUPERVISOR'] === 'stdin') {
  process.stdin.once('close', () => process.kill(process.pid, 'SIGTERM'));
  process.stdin.on('error', () => undefined);
  process.stdin.resume();
  // So that it keeps no process alive that has nothing else to do.
  process.stdin.unref();
}

export {};
