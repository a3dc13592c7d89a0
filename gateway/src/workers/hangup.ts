import type { Logger } from '@portico/service-kit/logger'

/** What SIGHUP does in a process that has nobody to hand its port over to. */
export function ignoreHangup(log: Logger): void {
  log.warn('SIGHUP is ignored: start with --workers 1 or more to load the configuration and the supergraph anew')
}
