import { defineConfig } from 'vitest/config'

/** A busy machine is no fault of what is tested. */
const busyMachineMs = 60_000

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{shared,client,tracker,origin,cli,demo}/**/*.test.ts'],
          testTimeout: busyMachineMs,
        },
      },
      {
        test: {
          name: 'house',
          include: ['test/*.test.ts', 'test/{contract,fuzz,attack,sim}/**/*.test.ts'],
          testTimeout: busyMachineMs,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
