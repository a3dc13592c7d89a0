// Loaded in front of a gateway of which memory is measured: writes the heap that is left after each full collection.
import { appendFileSync } from 'node:fs'
import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { isMainThread } from 'node:worker_threads'

type Collection = PerformanceEntry & { detail?: { kind?: number } }

const file = process.env['BENCH_HEAP_FILE']
if (file && isMainThread) {
  new PerformanceObserver((list) => {
    const isFull = (list.getEntries() as Collection[]).some(
      ({ detail }) => detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR,
    )
    if (isFull) appendFileSync(file, `${Date.now()} ${getHeapStatistics().used_heap_size}\n`)
  }).observe({ entryTypes: ['gc'] })
}
