import type { Logger } from '@portico/service-kit/logger'
import { startPeriodic } from '@portico/service-kit/periodic'
import type { SupergraphSource } from '../config/supergraph.ts'
import { fingerprintOf, stampOf } from './fingerprint.ts'

/** Notices when the files of the supergraph become other ones. */
export interface SupergraphWatch extends AsyncDisposable {
  /** Watches this source from now on, unless it does already. The fingerprint is of what was loaded, or of before. */
  follow: (source: SupergraphSource, fingerprint: string) => void
  /** Takes what the files hold now as known: it is about to be loaded. */
  settle: () => Promise<void>
}

const EVERY_MS = 500

/**
 * Looks at the files on a timer, which works for every way in which they are replaced, and on every file system. A change
 * counts once two looks in a row found the same, so that a file that is being written is left alone.
 */
export function watchSupergraph({ log, changed }: { log: Logger; changed: () => void }): SupergraphWatch {
  let source: SupergraphSource | undefined
  let fingerprint = ''
  let stamp: { seen: string; settled: boolean } | undefined

  async function look(): Promise<void> {
    if (!source) return
    const seen = await stampOf(source)
    if (stamp?.seen !== seen) {
      stamp = { seen, settled: false }
    } else if (!stamp.settled) {
      stamp = { seen, settled: true }
      const before = fingerprint
      fingerprint = await fingerprintOf(source)
      if (fingerprint !== before) changed()
    }
  }

  const looking = startPeriodic({ name: 'watch the supergraph', everyMs: EVERY_MS, run: look, log })
  return {
    follow(next, ofNext) {
      if (source?.kind === next.kind && source.file === next.file) return
      source = next
      fingerprint = ofNext
      stamp = undefined
    },
    async settle() {
      if (source) fingerprint = await fingerprintOf(source)
    },
    [Symbol.asyncDispose]: () => looking[Symbol.asyncDispose](),
  }
}
