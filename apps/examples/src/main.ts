const usage = `pnpm example NAME, one of

  simulate  the counter in simulated clusters, through faults
  cluster   three members in this process, joined by a memory network
  browser   two members in this process, the third in a tab of your browser; --help: its options`;

const [, , name, ...args] = process.argv;
if (name === 'cluster') await import('./cluster.ts');
else if (name === 'simulate') await import('./simulate.ts');
else if (name === 'browser') await (await import('./browser/run.ts')).run(args);
else {
  console.log(usage);
  if (name !== undefined) process.exitCode = 2;
}
