import type { Mark } from './mark.ts';

export const snapshotMarks: readonly Mark[] = [
  {
    id: 'snapshot-over-divergent-log',
    what: 'a snapshot replaces a log that contradicts it',
    paper: '§7, Figure 13, rule 7',
    watch: (scene, reach) => ({
      writes(node, { snapshot }) {
        if (snapshot === undefined) return;
        const term = scene.log(node).termAt(snapshot.lastIncludedIndex);
        if (term !== 0 && term !== snapshot.lastIncludedTerm) reach();
      },
    }),
  },
  {
    id: 'snapshot-keeps-log',
    what: 'a snapshot comes whose last entry the log holds already: what follows stays',
    paper: '§7, Figure 13, rule 6',
    watch: (scene, reach) => ({
      writes(node, { snapshot }, { commitIndex }) {
        if (snapshot === undefined || snapshot.lastIncludedIndex <= commitIndex) return;
        if (scene.log(node).termAt(snapshot.lastIncludedIndex) === snapshot.lastIncludedTerm) reach();
      },
    }),
  },
  {
    id: 'snapshot-held-already',
    what: 'a snapshot is sent to a node that has committed all of it by now',
    paper: '§7, Figure 13',
    watch: (_scene, reach) => ({
      heard: {
        InstallSnapshot(_node, { term, meta }, { before }) {
          if (term >= before.term && meta.lastIncludedIndex <= before.commitIndex) reach();
        },
      },
    }),
  },
  {
    id: 'transfer-restarted',
    what: 'a leader begins to send a snapshot anew, to a follower that has a part of one',
    paper: '§7',
    watch: (_scene, reach) => {
      /** Term and follower → the transfer that was begun. */
      const begun = new Map<string, number>();
      return {
        says: {
          InstallSnapshot(_node, { term, transfer, offset }, to) {
            if (offset > 0) return;
            const key = `${term} ${to}`;
            const before = begun.get(key);
            if (before !== undefined && before < transfer) reach();
            begun.set(key, transfer);
          },
        },
        heard: {
          InstallSnapshotReply(_node, { term, installed }, { from }) {
            if (installed) begun.delete(`${term} ${from?.id}`);
          },
        },
      };
    },
  },
  {
    id: 'transfer-resumed',
    what: 'a chunk of a snapshot is sent again, its answer being overdue',
    paper: '§7',
    watch: (_scene, reach) => {
      /** Term, follower and transfer → the last offset. */
      const sent = new Map<string, number>();
      return {
        says: {
          InstallSnapshot(_node, { term, transfer, offset }, to) {
            const key = `${term} ${to} ${transfer}`;
            const before = sent.get(key) ?? -1;
            if (offset > 0 && offset <= before) reach();
            sent.set(key, Math.max(before, offset));
          },
        },
      };
    },
  },
  {
    id: 'receiving-given-up',
    what: 'a snapshot that was being received is given up: for another one, a later term, or lack of room',
    paper: '§7',
    watch: (_scene, reach) => ({
      took(_node, { transfersEnded, write }) {
        if (write?.snapshot !== undefined) return;
        for (const { direction } of transfersEnded) if (direction === 'receiving') reach();
      },
    }),
  },
  {
    id: 'restored-from-leader',
    what: 'a state machine that runs is replaced by a snapshot',
    paper: '§7',
    watch: (_scene, reach) => ({
      took(_node, { restore }) {
        if (restore !== undefined) reach();
      },
    }),
  },
  {
    id: 'applied-from-storage',
    what: 'entries to apply are no longer in memory',
    watch: (_scene, reach) => ({
      took(_node, { committed }) {
        if (committed !== undefined && committed.entries.length < committed.to - committed.from + 1) reach();
      },
    }),
  },
];
