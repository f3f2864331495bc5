import { budgetBytes, sizeReport } from './size-report.ts';

// `pnpm size`: what it takes to be a member in a tab.

const { lines, trouble } = await sizeReport({ budgetBytes });
for (const line of lines) console.log(line);
if (trouble !== undefined) {
  console.error(`\n${trouble}`);
  process.exitCode = 1;
}
