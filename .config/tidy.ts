/** A tracked file: where it stands, and what it says. */
export interface TrackedFile {
  readonly path: string;
  readonly text: string;
}

/** What a linter can't see. Each rule returns one sentence for each thing that breaks it. */
export type Rule = (file: TrackedFile) => string[];

const topLevel = new Set([
  'LICENSE',
  'README.md',
  'apps',
  'package.json',
  'packages',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'tsconfig.base.json',
  'turbo.json',
]);

/** Nothing else stands at the top: what configures a tool is a dotfile. */
const topLevelIsShort: Rule = ({ path }) => {
  const [top = ''] = path.split('/');
  return topLevel.has(top) || top.startsWith('.') ? [] : [`${path}: ${top} does not belong at the top level`];
};

const fixedNames = /^(README|LICENSE|CONTRIBUTING|CHANGELOG)(\.md)?$/;

/** Folders and files are kebab-case, with as many dots as they like. */
const namesAreKebabCase: Rule = ({ path }) =>
  path
    // Golden bytes bear the names of their messages.
    .replace(/\/test\/golden\/[^/]+\.hex$/, '')
    .split('/')
    .filter((part) => !fixedNames.test(part) && !/^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/.test(part))
    .map((part) => `${path}: ${part} is not kebab-case`);

const maxLines = 450;

/** Longer files, each with the reason why it is better whole. */
const longFiles = new Map<string, string>([]);

/** One concept a file: what grows longer is two. */
const filesAreShort: Rule = ({ path, text }) => {
  if (!/\.(ts|mjs|cjs)$/.test(path) || longFiles.has(path)) return [];
  const lines = text.split('\n').length - 1;
  return lines <= maxLines ? [] : [`${path}: ${lines} lines, more than ${maxLines}`];
};

const impurities: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/\bfrom\s*'node:|\bimport\s*\(|\brequire\s*\(|\bprocess\b/, 'reaches for the platform'],
  [/\bfrom\s*'zod/, 'imports zod'],
  [/\bPromise\b|\basync\b|\bawait\b|\bqueueMicrotask\b/, 'is asynchronous'],
  [/\bDate\b|\bperformance\b|\bsetTimeout\b|\bsetInterval\b|\bsetImmediate\b/, 'reads a clock'],
  [/\bMath\.random\b|\bcrypto\b/, 'leaves things to chance'],
  [/\bglobalThis\b/, 'reaches for globals'],
];

/** The protocol is a function of its events: no import of Node, no Promise, no clock, no chance. */
const protocolIsPure: Rule = ({ path, text }) => {
  if (!path.startsWith('packages/core/src/protocol/') || path.endsWith('.test.ts')) return [];
  const code = withoutComments(text);
  return impurities.filter(([pattern]) => pattern.test(code)).map(([pattern, what]) => `${path}: ${what} (${pattern.exec(code)?.[0]})`);
};

/** Blanks comments out, so that prose may say "await". Strings stay: an import is one. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(^|[^:'"`])\/\/.*$/gm, '$1');
}

/** Any host that serves packages, a mirror on the local network too. */
const registryHost =
  /\b(?:registry|npm|mirror|artifactory|nexus|verdaccio)[.-][\w.-]+\.(?:org|com|net|io|dev|local|internal)\b|\bnpmmirror\.|\bunpkg\./i;
const machinePath = /(^|[\s'"`(=])\/(work|home|root|Users|tmp\/bash)\//;

/** A clone works anywhere: no file names a registry or a folder of the machine it was written on. */
const filesNameNoMachine: Rule = ({ path, text }) =>
  text
    .split('\n')
    .flatMap((line, position) => [
      ...(registryHost.test(line) && path !== '.config/tidy.ts' ? [`${path}:${position + 1}: names a package registry`] : []),
      ...(machinePath.test(line) ? [`${path}:${position + 1}: names a folder of some machine`] : []),
    ]);

/** The lockfile pins by integrity alone, so that it installs from any registry. */
const lockfileNamesNoSource: Rule = ({ path, text }) =>
  path === 'pnpm-lock.yaml' && /\btarball:|\bresolved:|https?:\/\//.test(text) ? [`${path}: says where to download from`] : [];

/** All rules, by name. */
export const rules: Readonly<Record<string, Rule>> = {
  topLevelIsShort,
  namesAreKebabCase,
  filesAreShort,
  protocolIsPure,
  filesNameNoMachine,
  lockfileNamesNoSource,
};
