import { ConfigError } from '@portico/service-kit/config'

/** A variable that is set, and where: `PORT`, `--port`, or `gateway.yaml:3:9: http.port`. */
export interface Setting {
  text: string
  place: string
}

/** By variable. */
export type Settings = ReadonlyMap<string, Setting>

/** Where variables were set, of those that are not in the environment. */
export type Origins = ReadonlyMap<string, string>

/** The same error, with mistakes named after where they were made and not after the variable that stands for it. */
export function nameOrigins(error: unknown, origins: Origins): unknown {
  if (!(error instanceof ConfigError)) return error
  return new ConfigError(
    error.problems.map((problem) => problem.replace(/^\w+(?=: )/, (name) => origins.get(name) ?? name)),
  )
}
