import { join } from 'node:path'
import { gatewayVariables } from '@portico/gateway/config'
import { FILE_LAYOUT, type Layout } from '@portico/gateway/config/file/layout'
import { readShapes, type VariableShape } from '@portico/gateway/config/file/shape'
import { format, resolveConfig } from 'prettier'
import { describeVariables, type VariableDescription } from './describe-variables.ts'

/** A text that stands for a value: variables of the environment are put into it, and lists may be written with commas. */
const TEXT = { type: 'string' }
const EXPANDED = { type: 'string', pattern: '\\$\\{' }

/** Writes the JSON Schema of the gateway's file of settings, for editors: what each key means, must be, and defaults to. */
export async function writeFileSchema(root: string): Promise<string> {
  const shapes = readShapes(gatewayVariables)
  const described = new Map(
    describeVariables(gatewayVariables.shape, root).map((variable) => [variable.name, variable]),
  )

  function schemaOf(layout: Layout): object {
    const properties = Object.entries(layout).map(([key, inner]): [string, object] => {
      if (typeof inner !== 'string') return [key, schemaOf(inner)]
      const [shape, description] = [shapes.get(inner), described.get(inner)]
      if (!shape || !description) throw new Error(`${inner} stands in the layout of the file, and is no variable.`)
      return [key, { description: wordsFor(description), ...typeOf(shape) }]
    })
    // A section without keys is none.
    return { type: ['object', 'null'], additionalProperties: false, properties: Object.fromEntries<object>(properties) }
  }

  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Portico gateway',
    description: 'The file that portico-gateway --config names. Written by npm run docs:config.',
    ...schemaOf(FILE_LAYOUT),
  }
  const options = await resolveConfig(join(root, 'gateway/portico-gateway.schema.json'))
  return format(JSON.stringify(schema), { ...options, parser: 'json' })
}

function typeOf({ inFile, enum: words }: VariableShape): object {
  if (inFile?.type === 'array' || inFile?.type === 'object') return { anyOf: [inFile, TEXT] }
  if (inFile) return { anyOf: [inFile, EXPANDED] }
  return words ? { anyOf: [{ enum: words }, EXPANDED] } : TEXT
}

function wordsFor({ name, meaning, value, preset, otherwise }: VariableDescription): string {
  const unset = preset ?? otherwise
  const type = value === 'text' ? '' : ` Value: ${value}.`
  return `${meaning}${type}${unset === undefined ? '' : ` Default: ${unset}.`} Variable: ${name}.`
}
