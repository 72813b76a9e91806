/** The process that packs a backup: takes orders by IPC, and writes the pack to its standard output. */
import { finished } from 'node:stream/promises'
import { toFailure } from './own-process.ts'
import { Packer } from './pack.ts'
import type { PackOrder, PackReport } from './pack-messages.ts'

const PROGRESS_MS = 250

/** Of a question to the service, which has one at a time. */
let measured = Promise.withResolvers<number>()
const packer = new Packer(() => {
  measured = Promise.withResolvers<number>()
  tell({ kind: 'measure' })
  return measured.promise
})
packer.content.pipe(process.stdout)

async function obey(order: Exclude<PackOrder, { kind: 'measured' }>): Promise<PackReport> {
  if (order.kind === 'data') await packer.data(order.from)
  else if (order.kind === 'wal') await packer.wal(order.data, order.names)
  else if (order.kind === 'label') await packer.label(order.text)
  else {
    packer.end()
    await finished(packer.content)
    await new Promise((resolve) => process.stdout.write('', resolve))
    return { kind: 'done', facts: packer.facts() }
  }
  return { kind: 'done', facts: null }
}

function tell(report: PackReport): void {
  process.send?.(report)
}

setInterval(() => tell({ kind: 'progress', fileBytes: packer.fileBytes }), PROGRESS_MS).unref()
process.on('message', (order: PackOrder) => {
  if (order.kind === 'measured') measured.resolve(order.bytes)
  else obey(order).then(tell, (error: unknown) => tell(toFailure(error)))
})
// The service is gone, or done with this pack.
process.on('disconnect', () => process.exit())
