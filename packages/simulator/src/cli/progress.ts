import { performance } from 'node:perf_hooks';
import type { Tally } from '../campaign/summary.ts';
import { duration, type Look, lookOf, rounded, styled, whole } from './text.ts';

/** Where progress is shown: a stream, and whether it is somebody's screen. */
export interface Screen {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const redrawEveryMs = 100;
const lineEveryMs = 15_000;

/** How far a campaign is: one line that is redrawn on a terminal; elsewhere, as in a log of CI, a line now and then. */
export class Progress {
  private readonly screen: Screen;
  private readonly total: number;
  private readonly began = performance.now();
  private shownAt = 0;
  private tenths = 0;
  private drawn = false;

  constructor(screen: Screen, total: number) {
    this.screen = screen;
    this.total = total;
  }

  get seconds(): number {
    return (performance.now() - this.began) / 1000;
  }

  /** Says what is about to run, where no bar will. */
  begin(what: string): void {
    if (this.screen.isTTY !== true) this.screen.write(`${what}\n`);
  }

  update(tally: Tally): void {
    const now = performance.now();
    const passed = now - Math.max(this.shownAt, this.began);
    if (this.screen.isTTY === true) {
      if (this.drawn && passed < redrawEveryMs && tally.seeds < this.total) return;
      this.screen.write(`\r\u001b[K${this.bar(tally)}`);
      this.drawn = true;
    } else {
      const tenths = Math.floor((10 * tally.seeds) / this.total);
      if (passed < lineEveryMs && (tenths === this.tenths || passed < 1000)) return;
      this.tenths = tenths;
      this.screen.write(`${this.words(tally, lookOf(this.screen)).join(' · ')}\n`);
    }
    this.shownAt = now;
  }

  /** Prints lines that stay, above the bar. */
  print(lines: readonly string[]): void {
    this.clear();
    this.screen.write(`${lines.join('\n')}\n`);
  }

  clear(): void {
    if (this.drawn) this.screen.write('\r\u001b[K');
    this.drawn = false;
  }

  private bar(tally: Tally): string {
    const look = lookOf(this.screen);
    const words = this.words(tally, look);
    const room = look.width - 1 - plain(words.join(' · ')).length - 2;
    const cells = Math.min(30, room);
    if (cells < 5) return words.slice(0, 2).join(' · ');
    const filled = Math.floor((cells * tally.seeds) / this.total);
    return `${styled('green', '━'.repeat(filled), look)}${styled('dim', '─'.repeat(cells - filled), look)}  ${words.join(' · ')}`;
  }

  private words(tally: Tally, look: Look): readonly string[] {
    const { seconds } = this;
    const perSecond = tally.seeds / Math.max(seconds, 0.001);
    const left = (this.total - tally.seeds) / Math.max(perSecond, 0.001);
    const failed = tally.failures.length;
    return [
      `${whole(tally.seeds)}/${whole(this.total)} seeds`,
      `${rounded(perSecond)}/s`,
      `${whole(tally.simulatedUs / 1e6 / Math.max(seconds, 0.001))}× real time`,
      ...(tally.seeds < this.total ? [`${left < 60 ? `${Math.ceil(left)} s` : duration(left)} left`] : []),
      ...(failed > 0 ? [styled('red', `${failed} failed`, look)] : []),
    ];
  }
}

/** Without what colours it. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes begin with one.
  return text.replace(/\u001b\[\d+m/g, '');
}
