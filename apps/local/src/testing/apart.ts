/** What is promised of the faults that need a stack of their own (`e2e/faults-apart.test.ts`). */
import type { FaultPromise } from './endurance.ts'

export const APART = {
  stopped: {
    name: 'The process of control API and data proxy hangs',
    how: 'SIGSTOP for 3 s, before a gateway of its own',
    reads: [200, 503],
    writes: [201, 503],
    servesWithinMs: 5_000,
  },
  replaced: {
    name: 'The process of control API and data proxy is replaced',
    how: 'SIGTERM, and a new one at the same ports',
    reads: [200, 503],
    writes: [201, 503],
    servesWithinMs: 10_000,
  },
  clock: {
    name: 'The clock of control API and data proxy is off',
    how: '90 s ahead of the gateway’s, for 5 s (libfaketime)',
    reads: [200],
    writes: [201, 503],
    servesWithinMs: 5_000,
  },
  disk: {
    name: 'The disk is full',
    how: 'a volume of its own is filled to the last byte, for 4 s',
    reads: [200, 503, 507],
    writes: [201, 503, 507],
    servesWithinMs: 20_000,
  },
} as const satisfies Record<string, FaultPromise>
