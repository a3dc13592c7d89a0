import { runLoad, type LoadJob, type LoadResult } from './load.ts'

/** The answer to a message with a job. */
export type LoadMessage = { kind: 'ran'; result: LoadResult } | { kind: 'failed'; message: string }

process.on('message', (job: LoadJob) => {
  const tell = (message: LoadMessage) => process.send?.(message)
  void runLoad(job).then(
    (result) => tell({ kind: 'ran', result }),
    (error: unknown) => tell({ kind: 'failed', message: String(error) }),
  )
})
process.on('disconnect', () => process.exit())
process.send?.({ kind: 'ready' })
