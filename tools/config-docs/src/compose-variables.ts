import { UndescribedVariableError, type VariableDescription } from './describe-variables.ts'

/** What only Compose knows; the others are variables of the services. They run in production mode. */
const OWN: Readonly<Record<string, Partial<VariableDescription>>> = {
  CORS_ORIGINS: { otherwise: 'none' },
  PORTICO_ADDRESS: { meaning: "Address at which the gateway's port is published.", value: 'an IP address' },
  PORTICO_ADMIN_PORT: {
    meaning: "Port of this machine at which the gateway's admin port is published, at 127.0.0.1 only.",
    value: 'a port',
  },
  PORTICO_PORT: { meaning: 'Port at which the gateway is published.', value: 'a port' },
  PORTICO_VERSION: { meaning: 'Tag of the images.', value: 'text' },
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
      const { meaning, value, otherwise } = { value: 'text', ...service, ...OWN[name] }
      if (meaning === undefined) {
        throw new UndescribedVariableError([`${name}: say what it means to docker-compose.yml`])
      }
      const written = { name, meaning, value, preset: preset || service?.preset, required: false }
      return otherwise === undefined ? written : { ...written, otherwise }
    })
}
