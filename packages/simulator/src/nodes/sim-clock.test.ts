import { expect, test } from 'vitest';
import { EventQueue } from '../world/event-queue.ts';
import { Random } from '../world/random.ts';
import { ProcessLife } from './process-life.ts';
import { MachineClock, SimClock } from './sim-clock.ts';

/** A process whose clock counts so many seconds per second, and what its timers did. */
function makeClock(rate = 1) {
  const queue = new EventQueue();
  const life = new ProcessLife(queue);
  const machine = new MachineClock(queue, { rate, startMs: 5000 });
  const fired: [name: string, atUs: number][] = [];
  const clock = new SimClock({
    queue,
    life,
    machine,
    random: new Random(1, 'clock'),
    turnDelay: () => 0,
    turned: () => fired.push(['turned', queue.now]),
  });
  const set = (name: string, delayMs: number) => clock.setTimer(delayMs, () => fired.push([name, queue.now]));
  const runTo = (until: number): void => {
    while (queue.runNext(until));
  };
  return { queue, life, machine, clock, fired, set, runTo };
}

test('a timer fires when the clock says so, not the world', () => {
  const { clock, fired, set, runTo, queue } = makeClock(2);
  set('a', 10);
  set('b', 0);
  runTo(20_000);
  expect(fired).toEqual([
    ['b', 1],
    ['a', 5000],
  ]);
  expect([queue.now, clock.now()]).toEqual([20_000, 5040]);
});

test('a timer that was cancelled does not fire', () => {
  const { fired, set, runTo } = makeClock();
  set('a', 10).cancel();
  runTo(20_000);
  expect(fired).toEqual([]);
});

test('coarse timers fire at multiples of the grain, also those that were set before', () => {
  const { fired, set, runTo, machine, clock } = makeClock();
  set('a', 10);
  machine.grain = 50_000;
  clock.changed();
  set('b', 60);
  runTo(200_000);
  expect(fired).toEqual([
    ['a', 50_000],
    ['b', 100_000],
  ]);
});

test('a clock that jumps brings timers nearer', () => {
  const { fired, set, runTo, machine, clock } = makeClock();
  set('a', 10);
  set('b', 30);
  machine.jump(15_000);
  clock.changed();
  runTo(100_000);
  expect(fired).toEqual([
    ['a', 1],
    ['b', 15_000],
  ]);
});

test('what was deferred comes in an event of its own, and a turn is over then', () => {
  const { clock, fired, queue } = makeClock();
  clock.defer(() => fired.push(['deferred', queue.now]));
  expect(fired).toEqual([]);
  queue.runNext(0);
  expect(fired).toEqual([
    ['deferred', 0],
    ['turned', 0],
  ]);
});

test('a process that is stopped hears of its timers when it goes on', () => {
  const { fired, set, runTo, life } = makeClock();
  set('a', 10);
  life.pause();
  runTo(50_000);
  expect(fired).toEqual([]);
  life.resume(false);
  expect(fired).toEqual([['a', 50_000]]);
});

test('a process that has ended hears of nothing', () => {
  const { fired, set, runTo, life, clock } = makeClock();
  set('a', 10);
  clock.defer(() => fired.push(['deferred', 0]));
  life.end();
  runTo(50_000);
  expect(fired).toEqual([]);
});

test('requests may come before the messages that a stopped process has missed', () => {
  for (const requestsFirst of [true, false]) {
    const { life } = makeClock();
    const heard: string[] = [];
    life.pause();
    life.run(() => heard.push('message'));
    life.run(() => heard.push('request'), true);
    life.resume(requestsFirst);
    expect(heard).toEqual(requestsFirst ? ['request', 'message'] : ['message', 'request']);
  }
});
