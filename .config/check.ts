import { runChecks } from './checks.ts';

const { failed } = await runChecks((line) => console.log(line));
if (failed > 0) console.log('`pnpm fix` puts format, imports and simple lint right.');
process.exitCode = failed > 0 ? 1 : 0;
