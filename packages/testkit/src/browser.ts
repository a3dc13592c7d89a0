import { chromium, type Browser } from 'playwright-core'
import { findInstalledService } from './installed-service.ts'

const CHROMIUM = {
  name: 'Chromium',
  programs: ['chromium', 'chromium-browser', 'google-chrome'],
  install: 'apt-get install chromium',
}

/**
 * The path of Chromium for a suite that opens pages: what `CHROMIUM_PATH` names, or the installed one. Undefined when
 * there is none, as {@link findInstalledService} tells.
 */
export function findBrowser(suite: string): string | undefined {
  return process.env['CHROMIUM_PATH'] ?? findInstalledService(CHROMIUM, suite)
}

/** Starts Chromium without a window and with a profile of its own, which is gone when it is disposed. */
export function startBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      // As root, as in most containers, it does not start with one.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      // It asks nothing of its maker: what tests see on the network is what the page does.
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
