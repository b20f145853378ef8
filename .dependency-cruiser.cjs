/** The rule of imports: app -> adapters, bridge -> ports -> domain. */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Nothing is circular: a cycle means two files have one reason to change and belong in one.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'domain-is-pure',
      comment:
        'The domain imports only itself: no I/O, no clock, no library, so that its states can be stored and replayed.',
      severity: 'error',
      from: { path: '^src/domain' },
      to: { pathNot: '^src/domain' },
    },
    {
      name: 'ports-know-only-domain',
      comment: 'Ports are written in the words of the domain; they know nothing of who implements or uses them.',
      severity: 'error',
      from: { path: '^src/ports' },
      to: { path: '^src', pathNot: '^src/(ports|domain)' },
    },
    {
      name: 'bridge-knows-no-adapter',
      comment: 'The bridge runs the state machines over the ports; which engine is plugged in is not its business.',
      severity: 'error',
      from: { path: '^src/bridge' },
      to: { path: '^src', pathNot: '^src/(bridge|ports|domain)' },
    },
    {
      name: 'adapters-know-neither-each-other-nor-app-nor-bridge',
      comment:
        'An adapter implements a port; it can be replaced because no other adapter, nor the bridge, nor app leans on it.',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/' },
      to: { path: '^src', pathNot: ['^src/adapters/$1/', '^src/(ports|domain)'] },
    },
    {
      name: 'only-compose-picks-adapters',
      comment:
        'Only compose.ts and the compose-*.ts beside it pick adapters (the test telephone, a SIP client of its own, has its own composition).',
      severity: 'error',
      from: {
        path: '^src/app',
        pathNot: ['^src/app/compose[a-z-]*\\.ts$', '^src/app/telephone/'],
      },
      to: { path: '^src/adapters' },
    },
    {
      name: 'nothing-imports-app',
      comment: 'app is the top; whatever two layers share lies below it.',
      severity: 'error',
      from: { path: '^src', pathNot: '^src/app' },
      to: { path: '^src/app' },
    },
    {
      name: 'no-tests-in-src',
      comment: 'Product code never reaches into tests or benchmarks.',
      severity: 'error',
      from: { path: '^src' },
      to: { path: '^(test|bench)' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'] },
  },
};
