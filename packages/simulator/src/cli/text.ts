import { styleText } from 'node:util';

/** How something is printed: how wide, and with or without colours. */
export interface Look {
  readonly width: number;
  readonly colours: boolean;
}

type Style = Parameters<typeof styleText>[0];

/** Of a stream: a terminal has a width, and colours unless NO_COLOR says otherwise. */
export function lookOf(stream: { readonly isTTY?: boolean; readonly columns?: number }): Look {
  const terminal = stream.isTTY === true;
  return { width: Math.max(40, Math.min(stream.columns ?? 100, 120)), colours: terminal && (process.env['NO_COLOR'] ?? '') === '' };
}

export function styled(style: Style, text: string, { colours }: Look): string {
  return colours ? styleText(style, text, { validateStream: false }) : text;
}

/** `12,345`. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** `1 seed`, `2 seeds`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${whole(count)} ${count === 1 ? one : many}`;
}

/** Few digits of what is small, none behind the point of what is large. */
export function rounded(value: number): string {
  if (value >= 100 || value === 0) return whole(value);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Seconds as one says them: `4.2 s`, `3 min 20 s`, `12.4 h`, `3.1 days`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${rounded(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return seconds < 48 * 3600 ? `${rounded(seconds / 3600)} h` : `${rounded(seconds / 86_400)} days`;
}

/** Exactly so wide, and a space at least behind it. */
export function fitted(text: string, width: number): string {
  return text.length < width ? text.padEnd(width) : `${text.slice(0, width - 2)}… `;
}

/** Breaks text at spaces, so that no line is longer, and indents all but the first. */
export function wrapped(text: string, width: number, indent = ''): readonly string[] {
  const lines: string[] = [];
  for (const part of text.split('\n')) {
    let line = lines.length === 0 ? '' : indent;
    for (const word of part.split(' ')) {
      const start = line === '' || line === indent;
      if (!start && line.length + 1 + word.length > width) {
        lines.push(line);
        line = indent + word;
      } else {
        line += start ? word : ` ${word}`;
      }
    }
    lines.push(line);
  }
  return lines;
}
