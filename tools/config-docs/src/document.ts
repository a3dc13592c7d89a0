import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { describeComposeVariables } from './compose-variables.ts'
import { describeVariables, type VariableDescription } from './describe-variables.ts'
import { readChapters } from './sections.ts'

const INTRODUCTION = `<!-- Written by npm run docs:config from the code that reads the variables; edit that. -->

# Configuration

Everything is set by environment variables, of the gateway also by options and a file. All mistakes are told at once, by
name, and a service ends with code 78 (\`portico-gateway\` with 2). An empty value counts as unset. Every variable \`X\` of
the gateway, the subgraphs, the migrations and \`npm start\` may be given as \`X_FILE\` instead, the name of a file that holds
it. No process reads an \`.env\` file; Docker Compose reads one beside \`docker-compose.yml\` for its own.

A dash means that there is no default.
`

const COMPOSE_TEXT =
  'Taken from the environment of `docker compose`, or from an `.env` file beside `docker-compose.yml`. Other variables of the services are added there, under `environment`.'

const EVERYWHERE: readonly VariableDescription[] = [
  {
    name: 'DEBUG',
    meaning: 'Any value makes commands that fail print the stack as well.',
    value: 'text',
    preset: undefined,
    required: false,
  },
  {
    name: 'NO_COLOR',
    meaning: 'Any value keeps `npm start` from colouring what it prints.',
    value: 'text',
    preset: undefined,
    required: false,
  },
]

/**
 * Writes the document, formatted as Prettier would.
 *
 * @throws UndescribedVariableError when the code does not say enough of a variable.
 */
export async function writeDocument(root: string): Promise<string> {
  const parts = [INTRODUCTION]
  const all: VariableDescription[] = []
  for (const { title, text, sections } of await readChapters(root)) {
    parts.push(`## ${title}`, text ?? '')
    for (const section of sections) {
      const described = describeVariables(section.variables, root)
      all.push(...described)
      if (sections.length > 1) parts.push(`### ${section.title}`)
      parts.push(section.text ?? '', table(described, section.keys))
    }
  }
  const compose = await readFile(join(root, 'docker-compose.yml'), 'utf8')
  parts.push('## Docker Compose', COMPOSE_TEXT, table(describeComposeVariables(compose, all)))
  parts.push('## Commands', table(EVERYWHERE))
  const options = await resolveConfig(join(root, 'docs/configuration.md'))
  return format(parts.join('\n\n'), { ...options, parser: 'markdown' })
}

function table(variables: readonly VariableDescription[], keys?: Readonly<Record<string, string>>): string {
  const rows = variables.map(({ name, meaning, value, preset, otherwise = '–', required }) => {
    const shown = preset === undefined ? (required ? '**required**' : otherwise) : `\`${preset}\``
    const key = keys && (keys[name] === undefined ? '–' : `\`${keys[name]}\``)
    return rowOf([`\`${name}\``, key, meaning, value, shown])
  })
  const head = ['variable', keys && 'key', 'meaning', 'value', 'default']
  return [rowOf(head), rowOf(head.map((word) => word && '---')), ...rows].join('\n')
}

/** Without the columns that there are not. */
function rowOf(cells: readonly (string | undefined)[]): string {
  return `| ${cells
    .filter((text) => text !== undefined)
    .map(cell)
    .join(' | ')} |`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
