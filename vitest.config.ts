import {tmpdir} from 'node:os'
import path from 'node:path'
import {defineConfig} from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // No test may depend on the day, the machine's settings or the network; tests that mean to change one of these say so.
    env: {
      RIGOR_AS_OF: '2026-11-20',
      RIGOR_OFFLINE: '1',
      RIGOR_HOME: path.join(tmpdir(), `rigor-tests-${process.pid}`),
      NO_COLOR: '1',
      TZ: 'UTC',
    },
    testTimeout: 20_000,
    // .ci/run counts the tests from this file.
    reporters: process.env['CI'] ? ['default', ['json', {outputFile: '.cache/vitest.json'}]] : ['default'],
    coverage: {provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'html']},
  },
})
