import { generateKeyPairSync, sign } from 'node:crypto';

/** DER: a tag, a length, and what is in it. */
function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  const length = content.length < 128 ? [content.length] : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Uint8Array.of(tag, ...length), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Uint8Array => der(0x30, ...parts);
const oid = (...bytes: readonly number[]): Uint8Array => der(0x06, Uint8Array.from(bytes));
const text = (tag: number, value: string): Uint8Array => der(tag, Buffer.from(value));

/** A certificate for 127.0.0.1 that vouches for itself, and its key, both in PEM: made anew each time, so that none lies about. */
export function selfSigned(): { readonly key: string; readonly cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
  const name = sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), text(0x0c, '127.0.0.1'))));
  // Far from any clock that a test may run by.
  const validity = sequence(text(0x18, '20000101000000Z'), text(0x18, '29991231235959Z'));
  const address = der(0x87, Uint8Array.of(127, 0, 0, 1));
  const alternativeName = sequence(oid(0x55, 0x1d, 0x11), der(0x04, sequence(address)));
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Uint8Array.of(2))),
    der(0x02, Uint8Array.of(1)),
    ecdsaWithSha256,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(alternativeName)),
  );
  const signature = der(0x03, Uint8Array.of(0), sign('sha256', toBeSigned, privateKey));
  const base64 = Buffer.from(sequence(toBeSigned, ecdsaWithSha256, signature)).toString('base64');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  };
}
