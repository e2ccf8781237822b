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
          // By default one of two cores would stand idle.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'house',
          include: ['test/*.test.ts', 'test/{contract,fuzz,attack,sim}/**/*.test.ts'],
          testTimeout: busyMachineMs,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
