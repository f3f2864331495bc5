import type { Mark } from './mark.ts';

export const replicationMarks: readonly Mark[] = [
  {
    id: 'conflict-skips-term-at-follower',
    what: 'a follower whose entry contradicts refuses, and skips more than that one entry',
    paper: '§5.3',
    watch: (scene, reach) => ({
      says: {
        AppendEntriesReply(node, message) {
          if (message.success) return;
          const { prevLogIndex, conflictIndex } = message;
          if (prevLogIndex <= scene.log(node).lastIndex && conflictIndex < prevLogIndex - 1) reach();
        },
      },
    }),
  },
  {
    id: 'conflict-skips-term-at-leader',
    what: 'a leader that was refused goes back further than the follower told it, over a term that the follower lacks',
    paper: '§5.3',
    watch: (scene, reach) => {
      /** Leader and follower → the hint that is not yet followed. */
      const hints = new Map<string, number>();
      return {
        heard: {
          AppendEntriesReply(node, message, { from, after }) {
            if (message.success || after.role !== 'leader' || message.term !== after.term) return;
            hints.set(`${node.id} ${from?.id}`, message.conflictIndex);
          },
        },
        says: {
          AppendEntries(node, { prevLogIndex }, to) {
            if (hints.size === 0) return;
            const key = `${node.id} ${to}`;
            const hint = hints.get(key);
            if (hint === undefined) return;
            hints.delete(key);
            if (prevLogIndex > 0 && prevLogIndex < hint && scene.vitals(node).role === 'leader') reach();
          },
        },
      };
    },
  },
  {
    id: 'cut-several-terms',
    what: 'a follower cuts entries of more than one term at once',
    paper: '§5.3, Figure 7',
    watch: (scene, reach) => ({
      writes(node, { truncateFrom }) {
        const log = scene.log(node);
        if (truncateFrom !== undefined && log.termAt(truncateFrom) !== log.termAt(log.lastIndex)) reach();
      },
    }),
  },
  {
    id: 'own-entries-cut',
    what: 'a node that led cuts entries that it appended as leader itself',
    paper: '§5.3',
    watch: (scene, reach) => {
      /** Node → the terms that it led. */
      const led: Set<number>[] = [];
      return {
        turned(node, { before, after }) {
          if (after.role !== 'leader' || before.role === 'leader') return;
          const terms = led[node.index] ?? new Set<number>();
          led[node.index] = terms.add(after.term);
        },
        writes(node, { truncateFrom }) {
          if (truncateFrom !== undefined && led[node.index]?.has(scene.log(node).termAt(truncateFrom)) === true) reach();
        },
      };
    },
  },
  {
    id: 'append-aba',
    what: 'entries are cut while the write that holds them is still under way',
    watch: (scene, reach) => ({
      writes(node, { truncateFrom }) {
        if (truncateFrom === undefined) return;
        const { disk } = node;
        const term = scene.log(node).termAt(truncateFrom);
        if (term > 0 && disk.entryAt(truncateFrom)?.term !== term) reach();
      },
    }),
  },
  {
    id: 'duplicate-of-pending',
    what: 'a copy of an append comes while the first is not durable yet: the log does not change, the answer waits',
    paper: '§5.5',
    watch: (scene, reach) => ({
      heard: {
        AppendEntries(node, { term, entries }, { before, after }) {
          const last = entries.at(-1);
          if (last === undefined || term !== after.term || last.index <= before.durableIndex) return;
          if (scene.log(node).termAt(last.index) === last.term) reach();
        },
      },
    }),
  },
  {
    id: 'heartbeat-before-disk',
    what: 'a heartbeat is answered although the entry that it names is not durable yet',
    watch: (scene, reach) => ({
      heard: {
        AppendEntries(node, { term, entries, prevLogIndex, prevLogTerm }, { after }) {
          if (entries.length > 0 || term !== after.term || prevLogIndex <= after.durableIndex) return;
          if (scene.log(node).termAt(prevLogIndex) === prevLogTerm) reach();
        },
      },
    }),
  },
  {
    id: 'window-full',
    what: 'a leader has entries for a follower whose window has no room for them',
    paper: 'thesis §10.2.2',
    watch: (scene, reach) => {
      let candidates = 0;
      return {
        took(node, { messages, fetch }, status) {
          const { role, lastIndex } = scene.vitals(node);
          if (role !== 'leader' || fetch.length > 0) return;
          for (const { to, message } of messages) {
            const lacks = message.type === 'AppendEntries' && message.entries.length === 0 && message.prevLogIndex < lastIndex;
            // The whole status is dear: one look in sixteen finds enough.
            const follower = lacks && candidates++ % 16 === 0 ? status().followers[to.id] : undefined;
            if (follower?.state === 'replicate' && follower.inflightMessages > 0) reach();
          }
        },
      };
    },
  },
  {
    id: 'entries-from-storage',
    what: 'a leader reads entries from its storage, for a follower that is far behind',
    watch: (_scene, reach) => ({
      took(_node, { fetch }) {
        if (fetch.length > 0) reach();
      },
    }),
  },
  {
    id: 'fetch-overtaken-by-compaction',
    what: 'the entries that a leader was reading for a follower are compacted meanwhile: it gets a snapshot',
    paper: '§7',
    watch: (scene, reach) => {
      /** Leader and follower → the first index that was asked. */
      const asked = new Map<string, number>();
      return {
        took(node, { fetch, readChunk }) {
          for (const { to, from } of fetch) asked.set(`${node.id} ${to.id}`, from);
          if (asked.size === 0) return;
          for (const { to, offset } of readChunk) {
            const from = asked.get(`${node.id} ${to.id}`);
            if (offset === 0 && from !== undefined && from < scene.vitals(node).firstIndex) reach();
          }
        },
        says: {
          AppendEntries(node, { entries }, to) {
            if (asked.size > 0 && entries.length > 0) asked.delete(`${node.id} ${to}`);
          },
        },
      };
    },
  },
  {
    id: 'older-term-committed-below-own',
    what: 'an entry of an earlier term commits because one of the own term above it does',
    paper: '§5.4.2',
    watch: (scene, reach) => ({
      committed(node, { before, after }) {
        if (after.role === 'leader' && scene.log(node).termAt(before.commitIndex + 1) < after.term) reach();
      },
    }),
  },
  {
    id: 'figure-8-guard',
    what: 'a majority holds an entry of an earlier term, and the leader does not commit it',
    paper: '§5.4.2, Figure 8',
    watch: (scene, reach) => ({
      heard: {
        AppendEntriesReply(node, message, { after }) {
          if (!message.success || after.role !== 'leader' || message.term !== after.term) return;
          const { matchIndex } = message;
          // With three members this follower and the leader are a majority.
          if (scene.configuration?.voters.length !== 3 || matchIndex <= after.commitIndex || matchIndex > after.durableIndex) return;
          if (scene.log(node).termAt(matchIndex) < after.term) reach();
        },
      },
    }),
  },
  {
    id: 'committed-before-own-disk',
    what: 'followers commit what is not durable at the leader yet',
    paper: 'thesis §10.2.1',
    watch: (_scene, reach) => ({
      committed(_node, { after }) {
        if (after.role === 'leader' && after.commitIndex > after.durableIndex) reach();
      },
    }),
  },
  {
    id: 'deposed-leader-refused',
    what: 'an append of an earlier term is refused',
    paper: '§5.1, Figure 2',
    watch: (_scene, reach) => ({
      heard: {
        AppendEntries(_node, { term }, { before }) {
          if (term < before.term) reach();
        },
      },
    }),
  },
];
