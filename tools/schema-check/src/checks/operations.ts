import { posix } from 'node:path'
import { GraphQLError, Kind, validate, type DocumentNode, type OperationDefinitionNode } from 'graphql'
import { locationsOf, type Finding } from '../finding.ts'
import { parseOperation } from '../operation-file.ts'
import type { Check } from './check.ts'

/** What clients send is valid, and found by its name: one operation in each file, named as the file, the name used once. */
export const checkOperations: Check = ({ now }) => {
  const parsed = now.operations.map((operation) => ({ ...operation, result: parseOperation(operation) }))
  const files = new Map<string, string[]>()
  for (const { file } of parsed) {
    const name = nameOf(file)
    files.set(name, [...(files.get(name) ?? []), file])
  }
  return parsed.flatMap(({ file, result }) => {
    if (result instanceof GraphQLError) return [invalid(result)]
    const twins = (files.get(nameOf(file)) ?? []).filter((other) => other !== file)
    const validated = now.composed ? validate(now.composed.apiSchema, result) : []
    return [...checkNames(file, result, twins), ...validated.map(invalid)]
  })
}

function checkNames(file: string, document: DocumentNode, twins: readonly string[]): Finding[] {
  const name = nameOf(file)
  const operations = document.definitions.filter(
    (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
  )
  const [operation, ...more] = operations
  if (!operation) return [misnamed('OPERATION_MISSING', `${file} holds no operation.`, [{ file }])]
  const findings: Finding[] = []
  if (more.length > 0) {
    const message = `${file} holds ${operations.length} operations: give each a file of its own.`
    findings.push(misnamed('OPERATION_NOT_ALONE', message, locationsOf(more)))
  } else if (operation.name?.value !== name) {
    const is = operation.name ? `is named ${operation.name.value}` : 'has no name'
    const message = `The operation of ${file} ${is}: name it ${name}, as its file.`
    findings.push(misnamed('OPERATION_MISNAMED', message, locationsOf([operation])))
  }
  if (twins.length > 0) {
    const message = `The name ${name} is also that of ${twins.join(', ')}: the names of operations tell them apart in logs and metrics.`
    findings.push(misnamed('OPERATION_NAME_TAKEN', message, locationsOf([operation])))
  }
  return findings
}

function nameOf(file: string): string {
  return posix.basename(file, '.graphql')
}

function misnamed(code: string, message: string, locations: Finding['locations']): Finding {
  return { check: 'operations', severity: 'error', code, message, locations }
}

function invalid({ message, source, locations = [] }: GraphQLError): Finding {
  const places = locations.map(({ line, column }) => ({ file: source?.name ?? '', line, column }))
  return { check: 'operations', severity: 'error', code: 'OPERATION_INVALID', message, locations: places }
}
