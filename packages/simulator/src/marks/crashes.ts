import type { Mark } from './mark.ts';

export const crashMarks: readonly Mark[] = [
  {
    id: 'crash-loses-entries',
    what: 'a process ends between a write and its sync: the entries are gone',
    paper: 'Figure 2, persistent state',
    watch: (scene, reach) => ({
      started(node, { lastIndex }) {
        if (scene.isSameDisk(node) && lastIndex < scene.log(node).lastIndex) reach();
      },
    }),
  },
  {
    id: 'crash-loses-term',
    what: 'a process ends before the term that it had moved to is durable',
    paper: 'Figure 2, persistent state',
    watch: (scene, reach) => ({
      started(node, { term }) {
        if (scene.isSameDisk(node) && term < scene.vitals(node).term) reach();
      },
    }),
  },
  {
    id: 'crash-brings-back-cut-entries',
    what: 'a process ends before a cut is durable: the entries are back',
    paper: '§5.3',
    watch: (scene, reach) => ({
      started(node) {
        const { disk } = node;
        const { lastIndex } = disk;
        const log = scene.log(node);
        if (!scene.isSameDisk(node) || lastIndex < disk.firstIndex) return;
        if (log.lastIndex < lastIndex || log.termAt(lastIndex) !== disk.lastTerm) reach();
      },
    }),
  },
  {
    id: 'back-with-an-empty-disk',
    what: 'a member comes back with another disk than it had: it counts for nothing',
    watch: (scene, reach) => ({
      started(node) {
        if (scene.vitals(node).term > 0 && !scene.isSameDisk(node)) reach();
      },
    }),
  },
  {
    id: 'leader-back-at-once',
    what: 'a leader crashes and is elected again, in the very next term',
    watch: (_scene, reach) => {
      let last: { readonly node: number; readonly term: number; crashed: boolean } | undefined;
      return {
        turned(node, { before, after }) {
          if (after.role !== 'leader' || (before.role === 'leader' && before.term === after.term)) return;
          if (last?.node === node.index && last.crashed && after.term === last.term + 1) reach();
          last = { node: node.index, term: after.term, crashed: false };
        },
        crashed(node) {
          if (last?.node === node.index) last.crashed = true;
        },
      };
    },
  },
];
