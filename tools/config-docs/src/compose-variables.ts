import { UndescribedVariableError, type VariableDescription } from './describe-variables.ts'

/** What only Compose knows; the others are variables of the services. */
const MEANINGS: Readonly<Record<string, string>> = {
  PORTICO_ADDRESS: "Address at which the gateway's port is published.",
  PORTICO_ADMIN_PORT: "Port of this machine at which the gateway's admin port is published, at 127.0.0.1 only.",
  PORTICO_PORT: 'Port at which the gateway is published.',
  PORTICO_VERSION: 'Tag of the images.',
}

/**
 * The variables that docker-compose.yml takes from its own environment or an `.env` file, with the defaults that it
 * writes as `${NAME:-default}`. What they mean is said by `services`, or above.
 *
 * @throws UndescribedVariableError when nobody says it.
 */
export function describeComposeVariables(
  composeFile: string,
  services: readonly VariableDescription[],
): VariableDescription[] {
  const presets = new Map<string, string>()
  for (const [, name = '', preset = ''] of composeFile.matchAll(/(?<!\$)\$\{(\w+)(?::?-([^}]*))?[^}]*\}/g)) {
    presets.set(name, preset)
  }
  return [...presets]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, preset]) => {
      const service = services.find((variable) => variable.name === name)
      const meaning = MEANINGS[name] ?? service?.meaning.replace(/ Default: .*$/, '')
      if (meaning === undefined)
        throw new UndescribedVariableError([`${name}: say what it means to docker-compose.yml`])
      return { name, meaning, value: service?.value ?? 'text', preset: preset || undefined, required: false }
    })
}
