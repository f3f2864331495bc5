import { RaftError, type RaftErrorCode } from '@raft/wire';

const codes: Readonly<Record<string, RaftErrorCode>> = { EADDRINUSE: 'addressInUse', EACCES: 'permissionDenied' };

const sentences: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there already',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the host is not known',
};

/** What a failure to listen, told by the code of a POSIX error, means to a person. */
export function explainListenError(error: Error, address: string): RaftError {
  const errno = 'code' in error ? String(error.code) : '';
  return new RaftError(codes[errno] ?? 'invalidArgument', `can't listen on ${address}: ${sentences[errno] ?? error.message}`, {
    cause: error,
  });
}
