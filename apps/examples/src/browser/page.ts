import { type EventLog, type NodeStatus, RaftNode } from '@raft/core';
import { tabOptions } from './tab.ts';

type Tab = RaftNode<number, void, number>;

const servers = ['n1', 'n2'];
const connected = new Set<string>();
const refused = new Map<string, string>();
const log: EventLog = (event) => {
  if (event.type === 'connected') {
    connected.add(event.id);
    refused.delete(event.id);
  } else if (event.type === 'disconnected') connected.delete(event.id);
  else if (event.type === 'connectionRefused' && event.id !== undefined) refused.set(event.id, event.reason);
};

write('#curl', `curl -X POST ${location.origin}/add/5`);
try {
  const tab = await RaftNode.start(tabOptions(log));
  for (const button of document.querySelectorAll<HTMLButtonElement>('#amounts button')) {
    button.onclick = () => add(tab, Number(button.value));
  }
  setInterval(() => show(tab), 200);
} catch (error) {
  const isLocked = error instanceof Error && 'code' in error && error.code === 'locked';
  notify(
    isLocked ? 'Another tab is this member already. Go on there; or close it, and reload this page.' : `This tab can't take part: ${error}`,
  );
  document.body.classList.add('out');
}
for (const id of servers) {
  const button = find<HTMLButtonElement>(`#${id} button`);
  button.onclick = async () => {
    button.disabled = true;
    const done = await fetch(`${button.textContent?.toLowerCase()}/${id}`, { method: 'POST' }).catch(() => undefined);
    if (done === undefined) write('#outcome', `Nobody answers at ${location.host}: does pnpm example browser still run?`);
    else if (!done.ok) write('#outcome', `${id}: ${await done.text()}`);
    button.disabled = false;
  };
}

async function add(tab: Tab, amount: number): Promise<void> {
  write('#outcome', `Adding ${amount} …`);
  const done = await tab.propose(Uint8Array.of(amount));
  if (done.outcome === 'committed') write('#outcome', `Added ${amount}: entry ${done.index} is committed, and made it ${done.result}.`);
  else if (done.outcome === 'rejected') write('#outcome', `${amount} was not added: ${done.code}.`);
  else write('#outcome', `Whether ${amount} was added, nobody can say yet: ${done.code}.`);
}

async function show(tab: Tab): Promise<void> {
  const status = tab.status();
  const local = await tab.read(undefined, { consistency: 'local' });
  write('#total', local.outcome === 'served' ? String(local.value) : '–');
  notify(trouble(status));
  const role = roleOf(status);
  for (const id of ['tab', ...servers]) {
    const isHere = id === 'tab' ? status.role !== 'stopped' : connected.has(id);
    find(`#${id}`).className = status.leaderId === id ? 'leader' : isHere ? 'here' : 'away';
    find(`#${id}`).title = isHere ? '' : (refused.get(id) ?? '');
    write(`#${id} p`, id === 'tab' ? role : status.leaderId === id ? 'leader' : isHere ? 'connected' : 'not connected');
    if (id !== 'tab') write(`#${id} button`, isHere ? 'Stop' : 'Start');
  }
  const facts = {
    role,
    term: status.term,
    leader: status.leaderId ?? 'none',
    committed: status.commitIndex,
    applied: status.lastApplied,
    log: status.lastIndex < status.firstIndex ? 'empty' : `${status.firstIndex}–${status.lastIndex}`,
    snapshot: status.snapshotIndex || 'none',
    timers: status.timersSlowed ? 'slowed by the browser' : 'on time',
  };
  find('#facts').replaceChildren(...Object.entries(facts).map(([name, value]) => fact(name, String(value))));
}

function roleOf({ role, forming }: NodeStatus): string {
  if (role === 'follower' && forming) return 'not a member yet';
  return role === 'preCandidate' ? 'pre-candidate' : role;
}

/** What keeps this tab from taking part, if anything does. */
function trouble({ role, reason, forming, leaderId }: NodeStatus): string {
  if (role === 'stopped') return `This member has stopped: ${reason}. Reload this page to start it again.`;
  if (forming?.foreign.length)
    return 'The servers had another tab, or this one before its data was cleared. For a new cluster: pnpm example browser --fresh';
  if (forming) return `Waiting for ${forming.missing.join(' and ')}: the cluster is formed once all three have met.`;
  if (leaderId !== null) return '';
  if (connected.size < servers.length) return 'There is no leader. Two of the three are enough to elect one.';
  return 'There is no leader yet. If the servers were started with --fresh since, reload this page.';
}

function notify(sentence: string): void {
  write('#notice', sentence);
  find('#notice').hidden = sentence === '';
}

function find<E extends HTMLElement>(selector: string): E {
  const found = document.querySelector<E>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}

function write(selector: string, text: string): void {
  const target = find(selector);
  if (target.textContent !== text) target.textContent = text;
}

function fact(name: string, value: string): HTMLElement {
  const pair = document.createElement('div');
  pair.append(Object.assign(document.createElement('dt'), { textContent: name }));
  pair.append(Object.assign(document.createElement('dd'), { textContent: value }));
  return pair;
}
