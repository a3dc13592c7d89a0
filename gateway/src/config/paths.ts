import type { z } from 'zod'

const FIXED = ['GRAPHQL_PATH', 'HEALTH_LIVE_PATH', 'HEALTH_READY_PATH'] as const

type PathVariables = Readonly<
  Partial<Record<(typeof FIXED)[number] | 'EXPLORER_PATH' | 'EXPLORER' | 'NODE_ENV', unknown>>
>

/**
 * Refuses routes that get in each other's way. A slash at the end makes no other path of it, and while the explorer is
 * on everything below its path belongs to it; at `/` that is only what it serves itself.
 */
export function checkPaths(env: PathVariables, context: z.RefinementCtx): void {
  const issue = (variable: keyof PathVariables, message: string) =>
    context.addIssue({ code: 'custom', path: [variable], message, input: env[variable] })
  const isExplorerOn = env.EXPLORER ?? env.NODE_ENV !== 'production'
  const explorer = isExplorerOn ? bare(env.EXPLORER_PATH) : undefined
  for (const [index, variable] of FIXED.entries()) {
    const path = bare(env[variable])
    if (path === undefined) continue
    const twin = FIXED.slice(0, index).find((other) => bare(env[other]) === path)
    if (twin) issue(variable, `is the path of ${twin} too`)
    if (explorer === undefined) continue
    if (path === explorer) issue('EXPLORER_PATH', `is the path of ${variable} too`)
    else if (path.startsWith(`${explorer}/`) && (explorer !== '' || EXPLORERS_OWN.test(path))) {
      issue(variable, 'is below EXPLORER_PATH, where everything is a file of the explorer')
    }
  }
}

const EXPLORERS_OWN = /^\/(documents\.json$|assets-)/

function bare(path: unknown): string | undefined {
  return typeof path === 'string' ? path.replace(/\/+$/, '') : undefined
}
