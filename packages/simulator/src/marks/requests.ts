import type { Mark } from './mark.ts';

export const requestMarks: readonly Mark[] = [
  {
    id: 'forwarded-to-another-term',
    what: 'a forwarded proposal is refused, since its term is not led here',
    watch: (_scene, reach) => ({
      says: {
        ProposeReply(_node, { results }) {
          for (const result of results) if (result.outcome === 'rejected' && result.reason === 'notLeader') reach();
        },
      },
    }),
  },
  {
    id: 'forwarded-twice',
    what: 'a copy of a forwarded proposal comes to the leader that has taken it',
    watch: (_scene, reach) => {
      /** Life of the asker → its numbers that a leader has seen. */
      const seen = new Map<number, Set<number>>();
      return {
        heard: {
          Propose(_node, { term, source, proposals }, { after }) {
            if (after.role !== 'leader' || term !== after.term) return;
            const ids = seen.get(source) ?? new Set<number>();
            seen.set(source, ids);
            for (const { id } of proposals) {
              if (ids.has(id)) reach();
              ids.add(id);
            }
          },
        },
      };
    },
  },
  {
    id: 'proposal-overwritten',
    what: 'a proposal stands in the log of a leader, and another entry is committed in its place',
    paper: '§5.3',
    watch: (_scene, reach) => {
      const appended = new Set<number>();
      return {
        took(_node, { outcomes }) {
          for (const outcome of outcomes) if ('appended' in outcome) appended.add(outcome.id);
        },
        returned({ id }, { type }) {
          if (appended.delete(id) && type === 'rejected') reach();
        },
      };
    },
  },
  {
    id: 'overloaded',
    what: 'a proposal is rejected since too much is under way',
    watch: (_scene, reach) => ({
      took(_node, { outcomes }) {
        for (const outcome of outcomes) if ('rejected' in outcome && outcome.rejected === 'overloaded') reach();
      },
    }),
  },
  {
    id: 'read-waits-for-own-term',
    what: 'a fresh leader is asked for a read before it has committed an entry of its term',
    paper: '§8; thesis §6.4',
    watch: (scene, reach) => ({
      heard: {
        ReadIndex(node, _message, { after }) {
          if (after.role === 'leader' && scene.log(node).termAt(after.commitIndex) < after.term) reach();
        },
      },
    }),
  },
  {
    id: 'reads-share-the-next-round',
    what: 'reads that came during a round get the next one as soon as it ends',
    paper: 'thesis §6.4',
    watch: (_scene, reach) => {
      /** Leader → term and round of its newest append. */
      const rounds: { term: number; round: number }[] = [];
      return {
        took(node, { messages, reads }) {
          let served = false;
          let next = false;
          for (const read of reads) served ||= 'index' in read;
          for (const { message } of messages) {
            if (message.type === 'ReadIndexReply') served ||= message.index !== null;
            if (message.type !== 'AppendEntries') continue;
            const { term, round } = message;
            const last = rounds[node.index] ?? { term: 0, round: 0 };
            rounds[node.index] = last;
            next ||= last.term === term && round > last.round && last.round > 0;
            last.term = term;
            last.round = round;
          }
          if (served && next) reach();
        },
      };
    },
  },
  {
    id: 'read-asked-again',
    what: 'a follower asks its leader for the same read again, having heard nothing',
    paper: 'thesis §6.4',
    watch: (_scene, reach) => {
      /** Life of the asker → its newest number. */
      const newest = new Map<number, number>();
      return {
        says: {
          ReadIndex(_node, { source, id }) {
            if (id <= (newest.get(source) ?? 0)) reach();
            else newest.set(source, id);
          },
        },
      };
    },
  },
  {
    id: 'read-refused-by-deposed',
    what: 'a node that leads no more refuses the read of a follower',
    paper: 'thesis §6.4',
    watch: (_scene, reach) => ({
      says: {
        ReadIndexReply(_node, { index }) {
          if (index === null) reach();
        },
      },
    }),
  },
];
