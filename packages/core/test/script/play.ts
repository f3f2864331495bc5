import type { ConfigInput } from '../../src/config.ts';
import { type DrivenOptions, heartbeatIntervalMs } from '../driven/driven.ts';
import { asksForVotes } from '../driven/together.ts';
import { progressOf, tableOf } from './show.ts';
import { Stage } from './stage.ts';

/** What one word of the language does with the words behind it. */
type Command = (play: Play, words: readonly string[]) => void;

interface Play {
  readonly stage: Stage;
  /** For nodes yet to come. */
  voters: readonly string[];
  config: ConfigInput;
}

/**
 * Plays a script, and returns the transcript. A line is a command; lines that begin with `#` are for the reader and stand in the transcript too.
 * Whatever is sent stays on its way until it is delivered, dropped or cut off.
 */
export function play(script: string): string {
  const stage = new Stage();
  const state: Play = { stage, voters: [], config: {} };
  for (const [at, line] of script.trimEnd().split('\n').entries()) {
    stage.lines.push(line === '' || line.startsWith('#') ? line : `> ${line}`);
    if (line === '' || line.startsWith('#')) continue;
    try {
      perform(state, line.split(/\s+/));
    } catch (error) {
      throw new Error(`line ${at + 1}, ${line}: ${String(error)}`, { cause: error });
    }
  }
  return `${stage.lines.join('\n')}\n`;
}

function perform(play: Play, [word = '', ...words]: readonly string[]): void {
  const command = commands[word];
  if (command === undefined) throw new Error(`no command ${word}`);
  command(play, words);
}

const commands: Readonly<Record<string, Command>> = {
  /** `voters a b c`: the configuration of nodes created from here on. */
  voters(play, words) {
    play.voters = words;
  },
  /** `options snapshotChunkBytes 7 trailingEntries 0`: of nodes created from here on. */
  options(play, words) {
    play.config = Object.fromEntries(pairsOf(words).map(([name, value]) => [name, Number(value)]));
  },
  /** `node a`, `node a b log 1 1 4 term 7 vote b`: with this log; its last term, if no other is given. */
  node({ stage, voters, config }, words) {
    const [ids, { log = ['1'], term: [term] = [], vote: [votedFor = null] = [] }] = sectionsOf(words, ['log', 'term', 'vote']);
    const terms = log.map(Number);
    const options: DrivenOptions = { voters, config, terms, votedFor, ...(term !== undefined && { term: Number(term) }) };
    for (const id of ids) stage.add(id, options);
  },
  /** `blank a b c`: empty disks, told to form a cluster of the voters. */
  blank({ stage, voters, config }, words) {
    for (const id of words) stage.add(id, { voters, config, terms: [] });
  },
  /** `wait 500`: time passes, and nobody's timer fires. */
  wait({ stage }, [milliseconds]) {
    stage.wait(Number(milliseconds));
  },
  /** `tick a`: its timer fires, when it is due. `tick a 3`: three times. */
  tick({ stage }, [id, times = '1']) {
    for (let count = 0; count < Number(times); count++) stage.tick(id);
  },
  /** `beat a`: 100 ms pass for a leader, with each tick that it asks for: its heartbeat is among them. `beat a 3`: three times. */
  beat({ stage }, [id, times = '1']) {
    stage.passFor(id, Number(times) * heartbeatIntervalMs);
  },
  /** `campaign a`: its timer fires until it asks for votes. */
  campaign({ stage }, [id]) {
    const node = stage.node(id);
    node.sent.splice(0);
    for (let count = 0; count < 5 && !asksForVotes(node); count++) stage.tick(id);
  },
  /** `elect a b c`: it campaigns until it leads, heard by these only; what it sends as leader is on its way. */
  elect({ stage }, [id, ...others]) {
    const heard = [id, ...others];
    const candidate = stage.node(id);
    for (let step = 0; step < 100 && candidate.status.role !== 'leader'; step++) {
      const letters = stage.flight.take([]);
      if (letters.length === 0) stage.tick(id);
      for (const letter of letters) {
        if (heard.includes(letter.from.id) && heard.includes(letter.to)) stage.arrive(letter);
        else stage.lose(letter);
      }
    }
  },
  /** `quietly elect a b c`: does it, and leaves what happens out of the transcript. */
  quietly(play, words) {
    const { length } = play.stage.lines;
    perform(play, words);
    play.stage.lines.length = length;
  },
  /** `deliver`: until nobody says anything more. `deliver a>b RequestVote`: what is on its way there now. */
  deliver({ stage }, words) {
    for (let round = 0; round < 100; round++) {
      const letters = stage.flight.take(words);
      for (const letter of letters) stage.arrive(letter);
      if (letters.length === 0 || words.length > 0) return;
    }
    throw new Error('they do not come to rest');
  },
  drop({ stage }, words) {
    for (const letter of stage.flight.take(words)) stage.lose(letter);
  },
  /** `copy a>b`: what is on its way there will arrive twice. */
  copy({ stage }, words) {
    stage.flight.copy(words);
  },
  /** `hold a>b AppendEntries`: a bare `deliver` leaves these on their way. */
  hold({ stage }, words) {
    stage.flight.hold(words);
  },
  release({ stage }) {
    stage.flight.release();
  },
  /** `cut a>b`, `cut a`: what is sent there from now on is lost; with a node, to it and from it. */
  cut({ stage }, words) {
    for (const link of words.flatMap((word) => (word.includes('>') ? [word] : [`${word}>*`, `*>${word}`]))) stage.flight.cut([link]);
  },
  heal({ stage }) {
    stage.flight.heal();
  },
  connect({ stage }, words) {
    for (const [a, b] of couplesOf(words)) stage.connect(a, b);
  },
  disconnect({ stage }, words) {
    for (const [a, b] of couplesOf(words)) stage.disconnect(a, b);
  },
  /** `disk a slow`: its writes wait for `sync`. */
  disk({ stage }, [id, speed]) {
    const node = stage.node(id);
    node.syncs = speed === 'fast';
    if (node.syncs) node.sync();
  },
  /** `sync a`: all that it has written is durable now. `sync a 1`: its oldest write. */
  sync({ stage }, [id, times]) {
    const node = stage.node(id);
    if (times === undefined) node.sync();
    for (let count = 0; count < Number(times ?? 0); count++) node.syncOne();
    stage.line(node.id, 'is durable', `up to ${node.status.durableIndex}`);
  },
  /** `propose a 7 8`: commands, by the numbers that its caller gives them. */
  propose({ stage }, [id, ...numbers]) {
    stage.node(id).propose(...numbers.map(Number));
  },
  read({ stage }, [id, ...numbers]) {
    for (const number of numbers) stage.node(id).step({ type: 'Read', id: Number(number) });
  },
  /** `snapshot a`: of all that it has committed. */
  snapshot({ stage }, [id]) {
    const node = stage.node(id);
    node.snapshot(node.status.commitIndex);
  },
  crash({ stage }, ids) {
    for (const id of ids) stage.crash(id);
  },
  start({ stage }, ids) {
    for (const id of ids) stage.start(id);
  },
  /** `show`, `show a b`: a table of their states. */
  show({ stage }, words) {
    const shown = stage.all.filter(({ id }) => words.length === 0 || words.includes(id));
    stage.lines.push(...tableOf(shown, (id) => stage.isUp(id)).map((row) => `         ${row}`));
  },
  /** `progress a`: what it thinks of its followers. */
  progress({ stage }, [id]) {
    stage.lines.push(...progressOf(stage.node(id)).map((row) => `         ${row}`));
  },
};

function pairsOf(words: readonly string[]): [string, string][] {
  return words.flatMap((word, at) => (at % 2 === 0 ? [[word, words[at + 1] ?? ''] as [string, string]] : []));
}

/** Each of them with each other. */
function couplesOf(words: readonly string[]): [string, string][] {
  return words.flatMap((a, at) => words.slice(at + 1).map((b) => [a, b] as [string, string]));
}

/** The words before the first of these names, and those behind each of them. */
function sectionsOf<Name extends string>(words: readonly string[], names: readonly Name[]): [string[], Partial<Record<Name, string[]>>] {
  const before: string[] = [];
  const sections: Partial<Record<Name, string[]>> = {};
  let current = before;
  for (const word of words) {
    const name = names.find((candidate) => candidate === word);
    if (name === undefined) {
      current.push(word);
    } else {
      current = [];
      sections[name] = current;
    }
  }
  return [before, sections];
}
