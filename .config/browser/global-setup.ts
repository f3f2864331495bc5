import type { TestProject } from 'vitest/node';
import { type FoundBrowser, findBrowser } from './find-browser.ts';

declare module 'vitest' {
  interface ProvidedContext {
    browser: FoundBrowser;
  }
}

/** Looks for the browser once per run, before its tests. */
export async function setup(project: TestProject): Promise<void> {
  project.provide('browser', await findBrowser());
}
