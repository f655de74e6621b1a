import { defineConfig } from 'vitest/config';

/**
 * `unit`: beside their subject, no process and no network.
 * `real`: real parts on this machine (sshd, etcd, Temporal); one file at a time, as they share two cores.
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
        },
      },
      {
        test: {
          name: 'real',
          include: ['**/*.real.test.ts'],
          exclude: ['node_modules/**', 'dist/**'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
