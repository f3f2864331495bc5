import { describe, expect, test } from 'vitest';
import { explainListenError } from './listen-error.ts';

describe('a failure to listen', () => {
  test.each([
    ['EADDRINUSE', 'addressInUse', "can't listen on tcp://[::1]:80: another program listens there already"],
    ['EACCES', 'permissionDenied', "can't listen on tcp://[::1]:80: this user may not listen there"],
    ['EADDRNOTAVAIL', 'invalidArgument', "can't listen on tcp://[::1]:80: this machine has no such address"],
    ['ENOTFOUND', 'invalidArgument', "can't listen on tcp://[::1]:80: the host is not known"],
    ['EELSE', 'invalidArgument', "can't listen on tcp://[::1]:80: listen EELSE"],
  ])('of kind %s has a code and a sentence', (errno, code, message) => {
    const cause = Object.assign(new Error(`listen ${errno}`), { code: errno });
    expect(explainListenError(cause, 'tcp://[::1]:80')).toMatchObject({ code, message, cause });
  });
});
