import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['{shared,client,tracker,origin,cli,demo}/**/*.test.ts'] } },
      {
        test: {
          name: 'house',
          include: ['test/*.test.ts', 'test/{contract,fuzz,attack,sim}/**/*.test.ts'],
          // A busy machine is no fault of what is tested.
          testTimeout: 60_000,
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
