const { builtinModules } = require('node:module');

// The layers, each of which may import those to its left, never those to its right:
//   wire <- core <- conformance <- { storage-*, transport-* } <- simulator <- kv <- apps/*
const layers = [
  { name: 'wire', path: '^packages/wire/' },
  { name: 'core', path: '^packages/core/' },
  { name: 'conformance', path: '^packages/conformance/' },
  { name: 'adapters', path: '^packages/(storage|transport)-[^/]+/' },
  { name: 'simulator', path: '^packages/simulator/' },
  { name: 'kv', path: '^packages/kv/' },
  { name: 'apps', path: '^apps/' },
];

const testFiles = ['[.]test[.]ts$', '^(packages|apps)/[^/]+/test/'];
/** Modules that a browser runs too, with all that they reach. */
const withoutNode =
  '^packages/(wire/src|core/src|conformance/src|storage-memory/src|storage-indexeddb/src|transport-memory/src|transport-ws/src/index[.]ts|storage-file/src/log[.]ts|simulator/src/(?!cli/)|transport-tcp/src/framing[.]ts)';

/** Built-in modules by either name, as a whole path. */
const nodeModule = `^(node:)?(${builtinModules.join('|')})$`;

const upwards = layers.slice(0, -1).map((layer, position) => ({
  name: `${layer.name}-imports-leftwards`,
  comment: 'A layer imports what stands to its left: wire, core, conformance, adapters, simulator, kv, apps. Tests too.',
  severity: 'error',
  from: { path: layer.path },
  to: { path: layers.slice(position + 1).map((right) => right.path) },
}));

module.exports = {
  forbidden: [
    ...upwards,
    {
      name: 'no-adapter-to-adapter',
      comment: 'Adapters are picked one by one: none may need another.',
      severity: 'error',
      from: { path: '^packages/((?:storage|transport)-[^/]+)/' },
      to: { path: '^packages/(storage|transport)-[^/]+/', pathNot: '^packages/$1/' },
    },
    {
      name: 'no-app-to-app',
      comment: 'Programs share code through packages.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'conformance-and-simulator-are-for-tests',
      comment: 'What users run must not carry the suites.',
      severity: 'error',
      from: { path: '^packages/', pathNot: [...testFiles, '^packages/(conformance|simulator)/'] },
      to: { path: '^packages/(conformance|simulator)/' },
    },
    {
      name: 'simulator-takes-the-node-free-subpaths',
      comment: 'It runs in a browser: of these two adapters it takes the log and the framing only.',
      severity: 'error',
      from: { path: '^packages/simulator/src/', pathNot: testFiles },
      to: {
        path: '^packages/(storage-file|transport-tcp)/src/',
        pathNot: ['^packages/storage-file/src/log[.]ts$', '^packages/transport-tcp/src/framing[.]ts$'],
      },
    },
    {
      name: 'protocol-is-pure',
      comment: 'The protocol imports no zod, no node/, no connections/, no storages/ and nothing of Node.',
      severity: 'error',
      from: { path: '^packages/core/src/protocol/', pathNot: testFiles },
      to: { path: ['^packages/core/src/(node/|connections/|storages/|system-clock)', 'node_modules', '^zod'] },
    },
    {
      name: 'protocol-reaches-no-node-module',
      comment: 'Nor does anything that it reaches, on any path.',
      severity: 'error',
      from: { path: '^packages/core/src/protocol/', pathNot: testFiles },
      to: { reachable: true, path: [nodeModule, '^packages/core/src/(node/|connections/|storages/|system-clock)'] },
    },
    {
      name: 'runs-in-a-browser',
      comment: 'No Node module, directly or through anything it imports.',
      severity: 'error',
      from: { path: withoutNode, pathNot: testFiles },
      to: { reachable: true, path: nodeModule },
    },
    { name: 'no-cycles', comment: 'Two modules that need each other are one.', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', comment: 'Every import leads somewhere.', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-undeclared-dependency',
      comment: 'A package declares what it imports.',
      severity: 'error',
      from: { path: '^(packages|apps)/', pathNot: testFiles },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-test-code-in-sources',
      comment: 'Sources do not import tests.',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src/', pathNot: '[.]test[.]ts$' },
      to: { path: testFiles },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules/[.]cache)/' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    preserveSymlinks: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
};
