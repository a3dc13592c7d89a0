import { pick, useGraphiQL, useGraphiQLActions, type GraphiQLPlugin } from '@graphiql/react'
import { Kind, parse } from 'graphql'
import { isNarrow } from './layout.ts'
import { exampleVariables } from './variables.ts'

/** An operation that clients of the graph send. The gateway serves the list, see gateway/src/http/explorer.ts. */
export interface ExplorerDocument {
  /** Where it lies below the folder of all, such as `storefront`; empty: right in it. */
  folder: string
  name: string
  operation: 'query' | 'mutation' | 'subscription'
  query: string
  /** Values to begin with, where somebody has written them down. */
  variables?: Record<string, unknown>
}

/** What the first tab holds before anything was opened in it. */
export const WELCOME = `# Write an operation here,
# or start from the left.
{
  __typename
}
`

/** Asks the gateway for its list; undefined when that fails, which must cost nothing but the documents. */
export async function loadDocuments(path: string): Promise<ExplorerDocument[] | undefined> {
  try {
    const response = await fetch(path)
    return response.ok ? ((await response.json()) as ExplorerDocument[]) : undefined
  } catch {
    return undefined
  }
}

/** A panel of GraphiQL that lists the documents by folder and opens them, or says that they could not be loaded. */
export function createDocumentsPlugin(documents: readonly ExplorerDocument[] | undefined): GraphiQLPlugin {
  const content = () => (documents ? <Documents documents={documents} /> : <NoDocuments />)
  return { title: 'Documents', icon: DocumentsIcon, content }
}

function NoDocuments() {
  return (
    <section aria-label="Documents" className="explorer-documents">
      <h2>Documents</h2>
      <p role="alert">The documents could not be loaded. Everything else works; reload the page to try again.</p>
    </section>
  )
}

function Documents({ documents }: { documents: readonly ExplorerDocument[] }) {
  const open = useOpenDocument()
  const isReady = useGraphiQL(({ queryEditor, variableEditor }) => Boolean(queryEditor && variableEditor))
  const folders = Map.groupBy(documents, ({ folder }) => folder)
  return (
    <nav aria-label="Documents" className="explorer-documents">
      <h2>Documents</h2>
      {[...folders].map(([folder, inFolder]) => (
        <section key={folder} aria-label={folder || 'Documents'}>
          {folder !== '' && <h3>{folder}</h3>}
          <ul>
            {inFolder.map((document) => (
              <li key={document.name}>
                <button type="button" disabled={!isReady} onClick={() => open(document)}>
                  <span>{document.name}</span> <small>{document.operation}</small>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  )
}

/** Opens a document in a tab of its own: the one that holds it already, one that holds nothing yet, or a new one. */
function useOpenDocument(): (document: ExplorerDocument) => void {
  const actions = useGraphiQLActions()
  const { activeTabIndex, queryEditor, schema, tabs, variableEditor } = useGraphiQL(
    pick('activeTabIndex', 'queryEditor', 'schema', 'tabs', 'variableEditor'),
  )
  return (document) => {
    const shown = queryEditor?.getValue() ?? ''
    const opened = tabs.findIndex(({ query }) => query === document.query)
    if (shown !== document.query && opened !== -1 && opened !== activeTabIndex) actions.changeTab(opened)
    else if (shown !== document.query) {
      if (shown.trim() !== '' && shown !== WELCOME) actions.addTab()
      const variables = document.variables ?? exampleVariables(document.query, schema)
      queryEditor?.setValue(document.query)
      variableEditor?.setValue(Object.keys(variables).length === 0 ? '' : JSON.stringify(variables, undefined, 2))
    }
    actions.setOperationFacts(factsOf(document))
    // There the panel covers what was opened.
    if (isNarrow()) actions.setVisiblePlugin(null)
    queryEditor?.focus()
  }
}

/** GraphiQL finds these out by itself, a moment later: too late for whoever runs the operation at once. */
function factsOf({ query }: ExplorerDocument) {
  const documentAST = parse(query)
  const operations = documentAST.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  const name = operations[0]?.name
  return { documentAST, operations, ...(name && { operationName: name.value }) }
}

function DocumentsIcon() {
  return (
    <svg viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M1.500 3.500a1 1 0 0 1 1-1h3.500l1.500 2h6a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1z" />
    </svg>
  )
}
