/** How the sources share the work: see docs/SPEC.md. */
export const modes = ['balanced', 'fastest', 'frugal'] as const
export type Mode = (typeof modes)[number]
