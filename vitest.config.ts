import { defineConfig } from 'vitest/config';

/**
 * `unit`: beside their subject, no process and no network.
 * `real`: real parts on this machine (sshd, etcd, Temporal). They wait more than they compute: two files at a time, each with a
 * network of its own.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            '{cli,docs,language,inventory,plan,runbook-tests,workflows,activities,ledger,worker,server,toolbox,lab,deploy}/**/*.test.ts',
          ],
          exclude: ['**/*.real.test.ts', 'node_modules/**'],
          // Nothing here waits; but a busy machine may be slow at anything.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'real',
          include: ['**/*.real.test.ts'],
          exclude: ['node_modules/**', 'dist/**'],
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
