const bytesPerLine = 16;

/** Bytes as lines of hex, sixteen a line in two groups, each behind its offset. */
export function formatHex(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += bytesPerLine) {
    const pairs = Array.from(bytes.subarray(offset, offset + bytesPerLine), (byte) => byte.toString(16).padStart(2, '0'));
    const groups = [pairs.slice(0, 8), pairs.slice(8)].filter((group) => group.length > 0).map((group) => group.join(' '));
    lines.push(`${offset.toString(16).padStart(4, '0')}: ${groups.join('  ')}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The bytes of such lines. */
export function parseHex(text: string): Uint8Array<ArrayBuffer> {
  const pairs = text
    .trimEnd()
    .split('\n')
    .flatMap((line) => line.slice(line.indexOf(':') + 1).match(/[0-9a-f]{2}/g) ?? []);
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}
